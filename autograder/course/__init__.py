"""The course folder as read: course.yml, the roster, overrides; and `grade init`, which writes a new one."""

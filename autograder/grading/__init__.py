"""The processes that judge: a grader for jobs, a process for each suite, a fork of it for each submission."""

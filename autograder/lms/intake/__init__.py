"""An LMS's download becomes submissions: archive, file names, people, times of arrival."""

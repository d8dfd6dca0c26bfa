"""What nbgrader calls: its graders, exporters and preprocessors for a course of ours."""

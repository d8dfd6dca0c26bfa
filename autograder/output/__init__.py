"""What becomes of results: files, nbgrader's gradebook, exports for each LMS, pages. Reads results only and never runs student code."""

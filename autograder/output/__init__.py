"""What becomes of results: files, nbgrader's gradebook, exports for each LMS, pages.

It reads results only and never runs student code.
"""

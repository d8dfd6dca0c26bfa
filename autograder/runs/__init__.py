"""One run of `grade`: what is graded, recorded and compared, under the course's lock."""

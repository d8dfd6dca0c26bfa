"""The pages that students and instructors read, made from results alone."""

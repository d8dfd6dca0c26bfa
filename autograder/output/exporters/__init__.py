"""One module an LMS, each a pure function from results to the text that this LMS imports."""

"""Results as files: result.json, the history of scores, what a student is shown of them."""

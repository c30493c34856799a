"""What search is trained and tested on: questions written by us, one file a writer."""

"""What is true: Entries, their Facts and Sources, and the Editions that publish them."""

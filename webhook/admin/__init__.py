"""The administrators' pages: people, drafts, reviews, publishing, learning from use."""

"""How the embedded encoder was made: `python -m retrieval.training.encoder ../shared/data`."""

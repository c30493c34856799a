"""What a province's monitoring centre (IOC) may ask for: figures, by a key (docs/ioc.md)."""

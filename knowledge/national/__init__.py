"""The national database of procedures, as its portal shows it → Procedures of ours."""

"""Documents that offices write, DOCX, PDF and spreadsheets → what can be said of procedures."""

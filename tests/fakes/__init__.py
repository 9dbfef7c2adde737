"""Seeded writers of tiny corpora, one file a corpus: true folder names, file names, sheet headers and quirks;
noise for pictures."""

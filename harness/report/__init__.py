"""A run on disk, and what is made of it for readers: HTML, JUnit, JSON Lines, Markdown, lines for a terminal."""

"""What the `kiln` command says in a terminal."""

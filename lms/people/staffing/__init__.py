"""The staff desk: who acts on whom, acts upon one person and upon many."""

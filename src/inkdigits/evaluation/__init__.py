"""How well networks read: metrics, comparisons, studies."""

"""How good pictures of poses are: near the true ones, nearer than simple methods come, and of the right identity."""

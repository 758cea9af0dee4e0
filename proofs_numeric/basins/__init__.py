"""Monte Carlo basin campaigns: plans, trials, durable results and estimates."""

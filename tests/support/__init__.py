"""What tests share: servers as child processes, and helpers that speak to them."""

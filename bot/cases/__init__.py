"""Cases: numbers, opening, lifecycle, deadlines, history, and what is asked of them."""

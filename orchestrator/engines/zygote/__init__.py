"""What lives in the zygote: it forks, reaps and keeps, and decides nothing."""

"""Who may buy before the general sale: an API of one's own on fanscore."""

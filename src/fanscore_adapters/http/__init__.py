"""Systems over HTTP: LNAA, and the endpoints that consumers post to."""

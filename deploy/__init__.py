"""What puts fanscore on AWS: the template, the response handler, the package, and the commands."""

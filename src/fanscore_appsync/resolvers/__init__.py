"""The resolvers that AppSync needs for an API, for CloudFormation and for Terraform.

They are made from the routing table. No deployed function imports them.
"""

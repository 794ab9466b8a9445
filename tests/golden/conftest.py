from tests.aws.conftest import aws

__all__ = ["aws"]

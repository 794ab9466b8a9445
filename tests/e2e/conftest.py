from tests.aws.conftest import patience
from tests.e2e.lambda_runtime import fresh_app

__all__ = ["fresh_app", "patience"]

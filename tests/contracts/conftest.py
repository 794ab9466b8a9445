from tests.aws.conftest import aws, patience
from tests.unit.fanscore_adapters.conftest import made_up_credentials

__all__ = ["aws", "made_up_credentials", "patience"]

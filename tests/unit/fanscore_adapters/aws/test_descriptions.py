from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.session import Session

from fanscore_adapters.aws.descriptions import read_descriptions_quickly

SERVICES = ("dynamodb", "events", "lambda", "rekognition", "s3", "sso", "sts")
TYPES = ("service-2", "endpoint-rule-set-1", "paginators-1")
DATA = ("endpoints", "partitions", "sdk-default-configuration", "_retry")


def quick() -> Session:
    """Make a session that reads descriptions quickly."""
    session = Session()
    read_descriptions_quickly(session)
    return session


@pytest.mark.parametrize("service", SERVICES)
def test_services(service: str) -> None:
    """A service is described as botocore describes it, in the same order."""
    ours, theirs = (
        [session.get_component("data_loader").load_service_model(service, type_) for type_ in TYPES]
        for session in (quick(), Session())
    )
    assert (ours, repr(names(ours[0]))) == (theirs, repr(names(theirs[0])))


def names(model: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Return the names of the shapes and operations, as they are in order."""
    return [*model["shapes"], *model["operations"]]


@pytest.mark.parametrize("name", DATA)
def test_other_data(name: str) -> None:
    """What is no description of a service is read as botocore reads it."""
    ours, theirs = (
        session.get_component("data_loader").load_data_with_path(name)
        for session in (quick(), Session())
    )
    assert ours == theirs


def test_folders_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``AWS_DATA_PATH`` names a folder with more descriptions, as it does for botocore."""
    folder = tmp_path / "own" / "2026-11-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text('{"metadata": {}}', encoding="utf-8")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    loader = quick().get_component("data_loader")
    assert loader.load_service_model("own", "service-2") == {"metadata": {}}


def test_what_is_not_there() -> None:
    """A service or data that nobody knows is refused as botocore refuses it."""
    loader = quick().get_component("data_loader")
    with pytest.raises(UnknownServiceError):
        loader.load_service_model("no-service", "service-2")
    with pytest.raises(DataNotFoundError):
        loader.load_data("no-data")

"""What ECR says of images, as boto3 reads it."""

from tests.lab.conftest import FAMILY, OLD, MakeBench

ABSENT = "sha256:" + "0" * 64


def test_what_is_absent_is_named_as_it_was_asked_for(bench: MakeBench) -> None:
    ecr = bench().client("ecr")
    there = ecr.batch_get_image(repositoryName=FAMILY, imageIds=[{"imageTag": OLD}])["images"][0]["imageId"]
    asked = [{"imageDigest": there["imageDigest"]}, {"imageDigest": ABSENT}, {"imageTag": "never"}]
    answer = ecr.batch_get_image(repositoryName=FAMILY, imageIds=asked)
    assert [image["imageId"]["imageDigest"] for image in answer["images"]] == [there["imageDigest"]]
    assert [failure["imageId"] for failure in answer["failures"]] == asked[1:]

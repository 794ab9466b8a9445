"""The queries that are sent."""

from __future__ import annotations

from collections.abc import Mapping

SCORE = """query Score($fan: ID!, $event: ID) {
  api {
    accountFanscore(globalUserId: $fan, eventId: $event) {
      globalUserId score rawScore boosts { arm event model }
      reasons { code points message } policyVersion degraded
    }
  }
}"""
SCORE_VARIABLES: Mapping[str, object] = {"fan": "user123", "event": "evt456"}

CAMPAIGN = """query Campaign($id: ID!) {
  api { campaign(campaignId: $id) { id name status opensAt closesAt eventIds } }
}"""
CAMPAIGN_VARIABLES: Mapping[str, object] = {"id": "camp1"}

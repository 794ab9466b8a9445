/** What the sample data holds: fans and events to try, and the examples of the documentation. */

/** A fan for each case that matters, with the event that shows it. */
export const FANS = [
  { id: "user123", event: "evt456", says: "usual" },
  { id: "top-fan", event: "evt456", says: "clamped above" },
  { id: "identity-fan", event: "evt456", says: "stored score" },
  { id: "risky-fan", event: "unmapped-event", says: "high risk" },
  { id: "bot-fan", event: "evt456", says: "likely bot" },
  { id: "bottom-fan", event: "evt456", says: "clamped below" },
  { id: "nobody-yet", event: "evt456", says: "no history" },
];

/** Events of the sample data, by either kind of id. */
export const EVENTS = [
  { id: "evt456", says: "The Great Show, mapped to disco456" },
  { id: "disco456", says: "The Great Show, by its discovery id" },
  { id: "unmapped-event", says: "an id that needs no mapping" },
];

/** The query behind the picture of a score. */
export const SCORE_QUERY = `query Score($fan: ID!, $event: ID) {
  api {
    accountFanscore(globalUserId: $fan, eventId: $event) {
      globalUserId
      score
      rawScore
      boosts { arm event model }
      reasons { code points message }
      policyVersion
      degraded
    }
  }
}`;

/** Queries to start from; `as` is a caller who may ask. */
export const EXAMPLES = [
  {
    id: "score",
    title: "Score of a fan",
    as: "fan",
    query: SCORE_QUERY,
    variables: { fan: "user123", event: "evt456" },
  },
  {
    id: "home",
    title: "Several fields at once",
    as: "fan",
    query: `query Home {
  api {
    campaign(campaignId: "camp1") { name status }
    eligibility(campaignId: "camp1") { eligible reasons }
    lnaaMembership { isMember tier since }
  }
  demand {
    records(limit: 20) {
      items {
        saleId
        requestedAt
        event { name venue { name city } }
      }
      nextToken
    }
  }
}`,
  },
  {
    id: "event",
    title: "Details of an event",
    as: "key",
    query: `query Event($id: ID!) {
  demand {
    eventDetails(eventId: $id) {
      name
      startDateTime
      venue { name city countryCode timezone }
      sales { id name startDateTime endDateTime }
    }
  }
}`,
    variables: { id: "disco456" },
  },
  {
    id: "campaign",
    title: "Campaign",
    as: "key",
    query: `query Campaign($id: ID!) {
  api {
    campaign(campaignId: $id) {
      name
      status
      opensAt
      closesAt
      eventIds
    }
  }
}`,
    variables: { id: "camp1" },
  },
  {
    id: "phone",
    title: "Risk of a phone number",
    as: "fan",
    query: `query Phone($number: AWSPhone!) {
  api {
    phoneScore(phoneNumber: $number) {
      risk
      recommendation
      lineType
    }
  }
}`,
    variables: { number: "+442071838750" },
  },
  {
    id: "save",
    title: "Save a demand record",
    as: "fan",
    query: `mutation Save($input: DemandRecordInput!) {
  demandRecordSave(input: $input) {
    status
    record {
      email
      contactMethod
      locale
      attributes
      version
    }
  }
}`,
    variables: {
      input: {
        eventId: "disco456",
        saleId: "sale790",
        contactMethod: "EMAIL",
        locale: "en-GB",
        attributes: '{"seats": 2}',
      },
    },
  },
  {
    id: "delete",
    title: "Delete a demand record",
    as: "fan",
    query: `mutation Delete($input: DemandRecordKeyInput!) {
  demandRecordDelete(input: $input) { status }
}`,
    variables: { input: { eventId: "disco456", saleId: "sale790" } },
  },
  {
    id: "entry",
    title: "Enter a campaign",
    as: "fan",
    query: `mutation Enter($input: EntryInput!) {
  upsertEntry(input: $input) { status eventId }
}`,
    variables: { input: { campaignId: "camp1", email: "fan@example.com", locale: "en-GB" } },
  },
  {
    id: "liveness",
    title: "Start a liveness check",
    as: "fan",
    query: `mutation Check {
  checkLiveness(input: { eventId: "evt456" }) {
    sessionId
    status
    expiresAt
  }
}`,
  },
  {
    id: "activate",
    title: "Activate a membership",
    as: "fan",
    query: `mutation Activate {
  lnaaActivate { isMember tier since }
}`,
  },
  {
    id: "service",
    title: "Any fan's score, as a service",
    as: "service",
    query: `query AnyFan($fan: ID!) {
  api {
    accountFanscore(globalUserId: $fan) {
      score
      reasons { code points }
    }
  }
}`,
    variables: { fan: "top-fan" },
  },
  {
    id: "refused",
    title: "Refused: another fan's score",
    as: "fan",
    query: `query Refused {
  api {
    accountFanscore(globalUserId: "top-fan") { score }
  }
}`,
  },
];

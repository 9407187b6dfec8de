// SPDX-License-Identifier: BSD-3-Clause

package journey_test

import (
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/test/journey"
)

func TestARevokedConsentGivesNoTokenAnyMore(t *testing.T) {
	s := newScene(t)
	id := s.accepted(s.request())
	url, token := s.serving(s.source), s.token(id)
	_, err := s.citizen.Revoke(t.Context(), id)
	s.must(err)
	equal(t, journey.Revoked, s.consent(id).Status)
	s.noToken(s.bank, id, "AM-00011")

	// A token cannot be taken back: the one that was issued lives to its own end.
	_, err = s.bank.Fetch(t.Context(), url, token, s.question())
	s.must(err)
	s.advance(3 * time.Minute)
	s.denied(url, token, s.question(), 401, "the token has expired")
}

func TestTheLogTellsInOrderWhatBecameOfAConsent(t *testing.T) {
	s := newScene(t)
	id := s.accepted(s.request())
	s.token(id)
	_, err := s.citizen.Revoke(t.Context(), id)
	s.must(err)
	want := []string{journey.Created, journey.Accepted, journey.Used, journey.Revoked}

	equal(t, want, s.consent(id).Log())
	mine, err := s.citizen.Consent(t.Context(), id)
	s.must(err)
	equal(t, want, mine.Log())
	bank, person := journey.OrganisationURN(s.bank.Organisation), journey.PersonURN(s.citizen.Number)
	by := []string{}
	for _, event := range mine.Events {
		by = append(by, event.PerformedBy)
	}
	equal(t, []string{bank, person, bank, person}, by)

	changes, err := s.bank.Changes(t.Context(), id)
	s.must(err)
	equal(t, 0, len(changes)) // the feed keeps the last five minutes back
	s.advance(6 * time.Minute)
	changes, err = s.bank.Changes(t.Context(), id)
	s.must(err)
	fed := []string{}
	for _, change := range changes {
		equal(t, id, change.ID)
		fed = append(fed, change.Type)
	}
	equal(t, want, fed)
}

func TestAConsentThatHasRunOutGivesNoToken(t *testing.T) {
	s := newScene(t)
	request := s.request()
	request.ValidFor = time.Hour
	given, open := s.accepted(request), s.asked(request)
	s.token(given)
	s.advance(2 * time.Hour)
	for _, id := range []string{given, open.ID} {
		equal(t, journey.Expired, s.consent(id).Status)
	}
	equal(t, []string{journey.Created, journey.Accepted, journey.Used, journey.Expired}, s.consent(given).Log())
	s.noToken(s.bank, given, "AM-00013")
	_, err := s.citizen.Accept(t.Context(), open.ID)
	s.refused(err, 400, "AM.VLD-00022")
}

func TestATokenOutlivesItsConsentToNoAvail(t *testing.T) {
	s := newScene(t)
	request := s.request()
	request.ValidFor = time.Minute
	token := s.token(s.accepted(request))
	url := s.serving(s.source)
	_, err := s.bank.Fetch(t.Context(), url, token, s.question())
	s.must(err)
	s.advance(90 * time.Second)
	s.denied(url, token, s.question(), 403, "the consent has ended")
}

func TestAOneTimeConsentEndsWithItsUse(t *testing.T) {
	s := newScene(t)
	s.register("skd-income-once", fields{"isOneTimeConsent": true})
	plan := s.plan("nb")
	plan.Source = s.world.DataSource(scope, "skd-income-once")
	plan.Source.Records[s.citizen.Number] = map[string]int{"income": 512000}
	story, err := journey.Walk(t.Context(), plan)
	s.must(err)
	equal(t, true, story.Page.Rights[0].OneTime)
	equal(t, 9, len(story.Steps))
	equal(t, journey.Expired, story.Final.Status)
	equal(t, []string{journey.Created, journey.Accepted, journey.Used, journey.Expired}, story.Final.Log())
	s.noToken(s.bank, story.Asked.ID, "AM-00013")
	equal(t, []string{journey.Created, journey.Accepted, journey.Used, journey.Expired}, s.consent(story.Asked.ID).Log())
}

func TestAConsentThatLastsServesAgain(t *testing.T) {
	s := newScene(t)
	id := s.accepted(s.request())
	s.token(id)
	s.token(id)
	equal(t, []string{journey.Created, journey.Accepted, journey.Used, journey.Used}, s.consent(id).Log())
}

func TestAClockThatSomebodyElseMovesIsFollowed(t *testing.T) {
	s := newScene(t)
	s.server.Advance(48 * time.Hour)
	story, err := journey.Walk(t.Context(), s.plan("en"))
	s.must(err)
	equal(t, 9, len(story.Steps))
	s.server.Advance(48 * time.Hour)
	s.noToken(s.bank, story.Asked.ID, "AM-00013")
}

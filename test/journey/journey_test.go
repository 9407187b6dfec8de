// SPDX-License-Identifier: BSD-3-Clause

package journey_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/test/journey"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

func TestABankOnTheListWalksTheNineStepsInEveryLanguage(t *testing.T) {
	s := newScene(t)
	for _, want := range []struct{ language, heading, title, text, message string }{
		{"nb", "Samtykke til bruk av dine data", "Inntektsopplysninger", "Banken får se inntekten din for 2025", "Du har søkt om lån"},
		{"nn", "Samtykke til bruk av dine data", "Inntektsopplysningar", "Banken får sjå inntekta di for 2025", "Du har søkt om lån"},
		{"en", "Consent to the use of your data", "Income information", "The bank may see your income for 2025", "You have applied for a loan"},
	} {
		t.Run(want.language, func(t *testing.T) {
			story, err := journey.Walk(t.Context(), s.plan(want.language))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, 9, len(story.Steps))
			equal(t, want.heading, story.Page.Heading)
			equal(t, want.message, story.Page.Message)
			equal(t, []string{"Håkon Trana", "BANKEN AS"}, []string{story.Page.From, story.Page.To})
			version := story.Answered.Rights[0].Resource[0].Version
			equal(t, []journey.RightText{{Resource: income, Version: version, Title: want.title, Text: want.text}}, story.Page.Rights)
			equal(t, &journey.Returned{Consent: story.Asked.ID, Status: journey.Accepted}, story.Returned)
			equal(t, journey.PersonURN(sandbox.BorrowerNumber), story.Granted.From)
			equal(t, journey.Party(journey.OrganisationURN(sandbox.BankNumber)), story.Granted.To)
			equal(t, story.Asked.Rights, story.Granted.Rights)
			equal(t, "{\"income\":512000}\n", string(story.Data))
			equal(t, []string{journey.Created, journey.Accepted, journey.Used}, story.Final.Log())
		})
	}
}

func TestACitizenWhoRejectsIsSentBackAndGivesNothing(t *testing.T) {
	s := newScene(t)
	plan := s.plan("nb")
	plan.Answer = journey.Rejected
	story, err := journey.Walk(t.Context(), plan)
	s.must(err)
	equal(t, 5, len(story.Steps))
	equal(t, journey.Rejected, story.Returned.Status)
	equal(t, "", story.Token)
	equal(t, []string{journey.Created, journey.Rejected}, story.Final.Log())
	s.noToken(s.bank, story.Asked.ID, "AM-00014")
	_, err = s.citizen.Accept(t.Context(), story.Asked.ID)
	s.refused(err, 400, "AM-00002")
}

func TestABankThatIsNotOnTheListIsRefusedAndLearnsNothing(t *testing.T) {
	scene := newScene(t)
	others := scene.accepted(scene.request())
	t.Run("it cannot ask, and nothing comes of its trying", func(t *testing.T) {
		s := scene.in(t)
		before, err := s.citizen.Consents(t.Context())
		s.must(err)
		plan := s.plan("nb")
		plan.Bank = s.outsider
		story, err := journey.Walk(t.Context(), plan)
		// Whether the decision point lets somebody ask is said by the status alone: no code, no body.
		equal(t, "", s.refusal(err, 403).Body)
		if !strings.HasPrefix(err.Error(), "2 she confirms, and is sent to Altinn: ") {
			t.Errorf("want the error to name the step, got %v", err)
		}
		equal(t, 1, len(story.Steps))
		after, err := s.citizen.Consents(t.Context())
		s.must(err)
		equal(t, len(before), len(after))
	})
	t.Run("it cannot ask in the name of a bank that is", func(t *testing.T) {
		s := scene.in(t)
		disguised := *s.outsider
		disguised.Organisation = sandbox.BankNumber // the client stays its own
		_, err := disguised.Ask(t.Context(), s.request())
		equal(t, "", s.refusal(err, 403).Body)
	})
	t.Run("it cannot look up another bank's consent", func(t *testing.T) {
		s := scene.in(t)
		_, err := s.outsider.Consent(t.Context(), others)
		s.refused(err, 403, "AM-00000")
		body := s.refusal(err, 403).Body
		for _, secret := range []string{sandbox.BorrowerNumber, sandbox.BankNumber, income, "2025"} {
			if strings.Contains(body, secret) {
				t.Errorf("want nothing about the consent, got %s", body)
			}
		}
	})
	t.Run("it gets no token by another bank's consent", func(t *testing.T) {
		s := scene.in(t)
		s.noToken(s.outsider, others, "AM-00001")
	})
	t.Run("another bank's consent is not in its feed", func(t *testing.T) {
		s := scene.in(t)
		s.advance(6 * time.Minute)
		changes, err := s.outsider.Changes(t.Context(), others)
		s.must(err)
		equal(t, 0, len(changes))
	})
}

func TestABankTakenOffTheListKeepsWhatItWasGivenButAsksNoMore(t *testing.T) {
	s := newScene(t)
	id := s.accepted(s.request())
	s.list(sandbox.FinanceNumber)
	_, err := s.bank.Ask(t.Context(), s.request())
	s.refused(err, 403, "")
	s.token(id)
}

func TestAPersonWhoMayNotGiveTheConsentIsShownNothing(t *testing.T) {
	s := newScene(t)
	asked := s.asked(s.request())
	stranger := &journey.Citizen{World: s.world, Number: sandbox.ManagerNumber, Language: "nb"}
	_, err := stranger.Read(t.Context(), asked.ViewURI)
	s.refused(err, 403, "AM-00000")
	_, err = stranger.Accept(t.Context(), asked.ID)
	s.refused(err, 403, "AM-00000")
	equal(t, journey.Created, s.consent(asked.ID).Status)
}

func TestMetadataMustBeTheKeysOfTheResource(t *testing.T) {
	scene := newScene(t)
	for sentence, c := range map[string]struct {
		metadata map[string]string
		status   int
		codes    []string
	}{
		"a missing key is refused":                  {nil, 400, []string{"AM-00008"}},
		"an empty value is refused":                 {map[string]string{"inntektsaar": ""}, 400, []string{"AM-00007"}},
		"an unknown key is refused":                 {map[string]string{"inntektsaar": "2025", "maaned": "1"}, 400, []string{"AM-00006"}},
		"an unknown key in place of one is refused": {map[string]string{"aar": "2025"}, 500, []string{"STD-00001", "AM-00006", "AM-00008"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			s, request := scene.in(t), scene.request()
			request.Metadata = c.metadata
			_, err := s.bank.Ask(t.Context(), request)
			equal(t, c.codes, s.refusal(err, c.status).Codes)
		})
	}
}

func TestTheSameIDIsTheSameRequest(t *testing.T) {
	s := newScene(t)
	request := s.request()
	request.ID = "0d2f1c5e-7f43-4a55-9f0e-2a51a1a5c001"
	first := s.asked(request)
	request.Metadata = map[string]string{"inntektsaar": "2024"}
	second := s.asked(request)
	equal(t, []bool{false, true}, []bool{first.Known, second.Known})
	equal(t, first.Rights, second.Rights)
	equal(t, []string{journey.Created}, s.consent(request.ID).Log())
	request.From = sandbox.ManagerNumber
	_, err := s.bank.Ask(t.Context(), request)
	s.refused(err, 400, "AM-00016")
}

func TestAConsentKeepsTheTextOfTheVersionItWasAskedUnder(t *testing.T) {
	s := newScene(t)
	before := s.asked(s.request())
	s.replace(income, fields{"consentText": fields{
		"nb": "Alle får se inntekten din for {inntektsaar}",
		"nn": "Alle får sjå inntekta di for {inntektsaar}",
		"en": "Everybody may see your income for {inntektsaar}",
	}})
	after := s.asked(s.request())
	texts := map[string]string{}
	for name, asked := range map[string]*journey.Consent{"before": before, "after": after} {
		page, err := s.citizen.Read(t.Context(), asked.ViewURI)
		s.must(err)
		texts[name] = page.Rights[0].Text
	}
	equal(t, map[string]string{
		"before": "Banken får se inntekten din for 2025",
		"after":  "Alle får se inntekten din for 2025",
	}, texts)
	_, err := s.citizen.Accept(t.Context(), before.ID)
	s.must(err)
	s.token(before.ID)
}

func TestAStoryTellsHowFarTheJourneyWent(t *testing.T) {
	s := newScene(t)
	plan := s.plan("nb")
	delete(s.source.Records, sandbox.BorrowerNumber)
	story, err := journey.Walk(t.Context(), plan)
	s.refused(err, 404, "")
	equal(t, 7, len(story.Steps))
	equal(t, "7 the token says all", story.Steps[6])
	if !strings.HasPrefix(err.Error(), "8 the bank shows it to the data source: ") {
		t.Errorf("want the error to name the step, got %v", err)
	}
}

func TestAWorldWithoutLogInOrClockSaysSo(t *testing.T) {
	s := newScene(t)
	bare := &journey.World{Altinn: s.url, Maskinporten: s.url}
	citizen := &journey.Citizen{World: bare, Number: sandbox.BorrowerNumber, Language: "nb"}
	_, err := citizen.Consents(t.Context())
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("want unsupported, got %v", err)
	}
	if err := bare.Advance(t.Context(), time.Minute); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("want unsupported, got %v", err)
	}
}

func TestANewBankHasAKeyOfItsOwn(t *testing.T) {
	s := newScene(t)
	bank, err := journey.NewBank(s.world, sandbox.BankNumber)
	s.must(err)
	_, err = bank.Ask(t.Context(), s.request())
	s.refused(err, 400, "MP-122") // the client of that name has another key
	s.must(journey.Enrol(t.Context(), bank, scope))
	_, err = bank.Ask(t.Context(), s.request())
	s.must(err)
}

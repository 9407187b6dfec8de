// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// ConsentScopes let a bank ask for consents and follow them. Digdir gives them to who has signed its terms.
const ConsentScopes = "altinn:consentrequests.read altinn:consentrequests.write"

const enterprisePath = "/accessmanagement/api/v1/enterprise/consentrequests"

// defaultValidity is how long a consent lasts when nothing is said.
const defaultValidity = 24 * time.Hour

// Bank is an enterprise that asks for consents and uses them. It has a client at Maskinporten.
type Bank struct {
	World *World
	// Organisation is the bank's number.
	Organisation string
	ClientID     string
	// Key is a private RSA key, with the kid Maskinporten knows it by.
	Key jose.JSONWebKey
}

// NewBank makes a bank with a key of its own. Its client is not registered yet.
func NewBank(world *World, organisation string) (*Bank, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("making the bank's key: %w", err)
	}
	id := "bank-" + organisation
	return &Bank{
		World:        world,
		Organisation: organisation,
		ClientID:     id,
		Key:          jose.JSONWebKey{Key: key, KeyID: id + "-1", Algorithm: string(jose.RS256), Use: "sig"},
	}, nil
}

// Ask makes a request for consent.
func (b *Bank) Ask(ctx context.Context, request Request) (*Consent, error) {
	token, err := b.altinnToken(ctx)
	if err != nil {
		return nil, err
	}
	asked, got, err := callFor[Consent](ctx, b.World, "asking for a consent", call{
		method: http.MethodPost, url: b.World.Altinn + enterprisePath, token: token, body: b.submission(request),
	})
	if err != nil {
		return nil, err
	}
	asked.Known = got.status == http.StatusOK
	return asked, nil
}

// submission is a request as Altinn reads it.
func (b *Bank) submission(request Request) map[string]any {
	id, validFor := request.ID, request.ValidFor
	if id == "" {
		id = newUUID()
	}
	if validFor == 0 {
		validFor = defaultValidity
	}
	submission := map[string]any{
		"id":          id,
		"from":        PersonURN(request.From),
		"to":          OrganisationURN(b.Organisation),
		"validTo":     b.World.Now().Add(validFor).UTC().Format(time.RFC3339Nano),
		"redirectUrl": request.RedirectURL,
		"consentRights": []Right{{
			Action:   []string{consentAction},
			Resource: []Resource{{Type: urnResource, Value: request.Resource}},
			Metadata: request.Metadata,
		}},
	}
	if request.Message != nil {
		submission["requestMessage"] = request.Message
	}
	return submission
}

// Consent looks up a request and what became of it.
func (b *Bank) Consent(ctx context.Context, id string) (*Consent, error) {
	token, err := b.altinnToken(ctx)
	if err != nil {
		return nil, err
	}
	found, _, err := callFor[Consent](ctx, b.World, "looking up a consent", call{
		url: b.World.Altinn + enterprisePath + "/" + url.PathEscape(id), token: token,
	})
	return found, err
}

// Changes follows one consent in the feed, oldest first. Altinn keeps the last five minutes back.
func (b *Bank) Changes(ctx context.Context, id string) ([]Change, error) {
	token, err := b.altinnToken(ctx)
	if err != nil {
		return nil, err
	}
	type page struct {
		Data  []Change `json:"data"`
		Links struct {
			Next string `json:"next"`
		} `json:"links"`
	}
	var all []Change
	next := b.World.Altinn + enterprisePath + "/events?consentRequestId=" + url.QueryEscape(id)
	for next != "" {
		read, _, err := callFor[page](ctx, b.World, "following a consent", call{url: next, token: token})
		if err != nil {
			return nil, err
		}
		all, next = append(all, read.Data...), read.Links.Next
	}
	return all, nil
}

// Fetch shows a token to a data source and asks about the person, with the values that the consent is for. The answer is the
// source's own JSON.
func (b *Bank) Fetch(ctx context.Context, source, token string, question Question) ([]byte, error) {
	got, err := b.World.call(ctx, "asking the data source", call{
		method: http.MethodPost, url: source, token: token, body: question,
	})
	if err != nil {
		return nil, err
	}
	return got.body, nil
}

func newUUID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // cannot fail
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

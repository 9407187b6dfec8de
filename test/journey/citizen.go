// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/go-jose/go-jose/v4"
)

const personPath = "/accessmanagement/api/v1/bff"

// Citizen is a person who is asked for consents.
type Citizen struct {
	World *World
	// Number is the national identity number.
	Number string
	// Language is the one she reads in: nb, nn or en.
	Language string
}

// Read logs in and reads the page a bank sent her to. At Altinn it is made for browsers; a sandbox gives the same texts as JSON.
func (c *Citizen) Read(ctx context.Context, viewURI string) (*Page, error) {
	address, err := url.Parse(viewURI)
	if err != nil {
		return nil, fmt.Errorf("reading the page: %w", err)
	}
	query := address.Query()
	query.Set("lang", c.Language)
	address.RawQuery = query.Encode()
	token, err := c.logIn(ctx)
	if err != nil {
		return nil, err
	}
	page, _, err := callFor[Page](ctx, c.World, "reading the page", call{url: address.String(), token: token})
	return page, err
}

// Accept gives the consent, in the language she read.
func (c *Citizen) Accept(ctx context.Context, id string) (*Consent, error) {
	body := map[string]string{"language": c.Language}
	return c.answer(ctx, "accepting a consent", call{url: "/consentrequests/" + url.PathEscape(id) + "/accept", body: body})
}

// Reject refuses the consent.
func (c *Citizen) Reject(ctx context.Context, id string) (*Consent, error) {
	return c.answer(ctx, "rejecting a consent", call{url: "/consentrequests/" + url.PathEscape(id) + "/reject"})
}

// Revoke takes a consent back.
func (c *Citizen) Revoke(ctx context.Context, id string) (*Consent, error) {
	return c.answer(ctx, "revoking a consent", call{url: "/consents/" + url.PathEscape(id) + "/revoke"})
}

// answer completes a call with the path it is under.
func (c *Citizen) answer(ctx context.Context, doing string, given call) (*Consent, error) {
	token, err := c.logIn(ctx)
	if err != nil {
		return nil, err
	}
	given.method, given.token, given.url = http.MethodPost, token, c.World.Altinn+personPath+given.url
	answered, _, err := callFor[Consent](ctx, c.World, doing, given)
	return answered, err
}

// Consents are all she was ever asked for, each with its log.
func (c *Citizen) Consents(ctx context.Context) ([]Consent, error) {
	token, err := c.logIn(ctx)
	if err != nil {
		return nil, err
	}
	party, err := partyOf(token)
	if err != nil {
		return nil, err
	}
	list, _, err := callFor[[]Consent](ctx, c.World, "reading her consent log", call{
		url: c.World.Altinn + personPath + "/consentrequests/list/" + party, token: token,
	})
	if err != nil {
		return nil, err
	}
	return *list, nil
}

// Consent finds one of them.
func (c *Citizen) Consent(ctx context.Context, id string) (*Consent, error) {
	all, err := c.Consents(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].ID == id {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("reading her consent log: %s is not in it", id)
}

// visit opens a page, with a form when there is one to send.
func (c *Citizen) visit(ctx context.Context, doing, address string, form url.Values) (*answer, error) {
	opened := call{url: address}
	if form != nil {
		opened.method, opened.body = http.MethodPost, form
	}
	return c.World.call(ctx, doing, opened)
}

func (c *Citizen) logIn(ctx context.Context) (string, error) {
	if c.World.LogIn == nil {
		return "", fmt.Errorf("logging in: %w", errors.ErrUnsupported)
	}
	token, err := c.World.LogIn(ctx, c.Number)
	if err != nil {
		return "", fmt.Errorf("logging in: %w", err)
	}
	return token, nil
}

// partyOf reads the person's own token; whether it is genuine is for Altinn to ask.
func partyOf(token string) (string, error) {
	signed, err := jose.ParseSignedCompact(token, grantAlgorithms)
	if err != nil {
		return "", fmt.Errorf("reading her token: %w", err)
	}
	var claims struct {
		Party string `json:"urn:altinn:party:uuid"`
	}
	err = json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims)
	if err != nil || claims.Party == "" {
		return "", errors.Join(errors.New("reading her token: it does not say whose it is"), err)
	}
	return claims.Party, nil
}

// SPDX-License-Identifier: BSD-3-Clause

package selfservice

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// refusalBody is every error of the API (Digdir self-service API).
type refusalBody struct {
	Status      int    `json:"status"`
	Correlation string `json:"correlation_id"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Errors      []struct {
		Message string `json:"errorMessage"`
		Field   string `json:"fieldIdentifier"`
	} `json:"errors"`
}

// insufficientScope is what a token that lacks a scope is answered with (RFC 6750 §3.1).
const insufficientScope = "insufficient_scope"

// noAccess is how the API says that a scope was not given to an organisation. It has no code for that.
var noAccess = regexp.MustCompile(`(?i)\b(access|tilgang)\b`)

func read(a *external.Answer) refusalBody {
	var body refusalBody
	_ = json.Unmarshal(a.Body, &body) // what is no error of the API's says nothing
	return body
}

// isOwn tells the API's own error from one that a gateway or a server without such a path makes.
func (b *refusalBody) isOwn(status int) bool {
	return b.Status == status && (b.Correlation != "" || b.Description != "")
}

// deniesScope says whether a scope of a client is refused because its organisation has no access to it.
func (b *refusalBody) deniesScope() bool {
	for _, wrong := range b.Errors {
		if strings.HasPrefix(wrong.Field, "scopes") && noAccess.MatchString(wrong.Message) {
			return true
		}
	}
	return len(b.Errors) == 0 && strings.Contains(strings.ToLower(b.Description), "scope") && noAccess.MatchString(b.Description)
}

// judge is what holds for all operations.
func judge(a *external.Answer, p external.Problem) error {
	body := read(a)
	switch a.Status {
	case http.StatusUnauthorized:
		// It only ever means the token, with a challenge or without one: rights are told of by 403.
		if a.Header.Get("WWW-Authenticate") == "" {
			a.Header.Set("WWW-Authenticate", "Bearer")
		}
	case http.StatusNotFound:
		if !body.isOwn(a.Status) {
			return external.Later(p, "a 404 came that is not the system's own")
		}
	case http.StatusForbidden:
		if body.Error == insufficientScope {
			p.Why = "the operator's own client lacks a scope of the self-service API, which Digdir gives"
			return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
		}
	}
	return nil
}

// judgeClient also knows what is wrong with clients that are sent.
func judgeClient(a *external.Answer, p external.Problem) error {
	body := read(a)
	if a.Status == http.StatusBadRequest && body.deniesScope() {
		p.Why, p.Cause = ErrScopeNotAccessible.Error(), ErrScopeNotAccessible
		return &external.Refused{Problem: p, Actor: v1alpha1.ActorExternal}
	}
	return judge(a, p)
}

// judgeKeys takes a refused key for a fault of the operator's, which makes all keys.
func judgeKeys(a *external.Answer, p external.Problem) error {
	if a.Status == http.StatusBadRequest {
		return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
	}
	return judge(a, p)
}

// judgeScope also knows whose scopes may be changed.
func judgeScope(a *external.Answer, p external.Problem) error {
	if err := judge(a, p); err != nil {
		return err
	}
	if a.Status == http.StatusForbidden {
		p.Why, p.Cause = ErrForeignScope.Error(), ErrForeignScope
		return &external.Refused{Problem: p, Actor: v1alpha1.ActorServiceOwner}
	}
	return nil
}

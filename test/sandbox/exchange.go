// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// altinnTokenLifetime is how long an exchanged token lives. The facts are silent; a client must read exp, not know this.
const altinnTokenLifetime = 30 * time.Minute

// exchange turns a Maskinporten token into an Altinn token, whose body is the bare token. An organisation with a code gets it
// as a claim, which is what makes it a service owner.
func (s *Server) exchange(c *call) reply {
	token, err := s.bearer(c, s.keys.maskinporten, maskinportenIssuer(c.base))
	if err != nil {
		return unauthorized(err.Error())
	}
	number := token.consumer()
	if s.people.byNumber[number] == nil {
		return unauthorized("The consumer is not in the register")
	}
	made := *token
	made.Issuer = altinnIssuer(c.base)
	made.Audience = nil
	made.Org = s.people.codeOf(number)
	made.OrgNumber = number
	made.Method = "maskinporten"
	made.Level = "3"
	signed, err := s.issue(s.keys.altinn, made, c.now, altinnTokenLifetime)
	if err != nil {
		return problemReply(http.StatusInternalServerError, err.Error())
	}
	return textReply(http.StatusOK, signed)
}

func altinnMetadata(c *call) reply {
	return jsonReply(http.StatusOK, map[string]any{
		"issuer":   altinnIssuer(c.base),
		"jwks_uri": altinnIssuer(c.base) + ".well-known/openid-configuration/jwks",
	})
}

func (s *Server) altinnJWKS(*call) reply {
	return jsonReply(http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.keys.altinn.Public()}})
}

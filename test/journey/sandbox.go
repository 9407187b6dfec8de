// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Sandbox is the world at a sandbox's address. It uses what no real system has: anybody can log in, and the clock can be moved.
func Sandbox(address string, client *http.Client) *World {
	world := &World{Altinn: address, Maskinporten: address, HTTP: client}
	world.LogIn = func(ctx context.Context, person string) (string, error) {
		type loggedIn struct {
			Token string `json:"token"`
		}
		got, _, err := callFor[loggedIn](ctx, world, "asking the sandbox", call{
			method: http.MethodPost, url: address + "/sandbox/login", body: map[string]string{"person": person},
		})
		if err != nil {
			return "", err
		}
		return got.Token, nil
	}
	world.MoveClock = func(ctx context.Context, by time.Duration) error {
		_, err := world.call(ctx, "asking the sandbox", call{
			method: http.MethodPost, url: address + "/sandbox/clock", body: map[string]string{"advance": by.String()},
		})
		return err
	}
	return world
}

// Enrol registers a bank's client at a sandbox, with the scopes for consents and those of data sources.
func Enrol(ctx context.Context, bank *Bank, sources ...string) error {
	type key struct {
		JWK jose.JSONWebKey `json:"jwk"`
	}
	_, err := bank.World.call(ctx, "registering the bank's client", call{
		method: http.MethodPut,
		url:    bank.World.Maskinporten + "/sandbox/clients/" + url.PathEscape(bank.ClientID),
		body: map[string]any{
			"id":           bank.ClientID,
			"organisation": bank.Organisation,
			"keys":         []key{{bank.Key.Public()}},
			"scopes":       append(strings.Fields(ConsentScopes), sources...),
		},
	})
	return err
}

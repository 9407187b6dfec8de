// SPDX-License-Identifier: BSD-3-Clause

package registry

import (
	"context"
	"net/http"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// Get implements Resources.
func (c *Client) Get(ctx context.Context, identifier string) (*ServiceResource, error) {
	const operation = "get resource"
	address, err := c.below(operation, c.resources, identifier)
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(ctx, external.Call{
		Operation: operation,
		Method:    http.MethodGet,
		URL:       address,
		Header:    acceptJSON,
		Want:      []int{http.StatusOK},
		Answers:   []string{external.TypeJSON},
		Repeat:    external.Safe,
	})
	if err != nil {
		return nil, err
	}
	var read ServiceResource
	p := c.http.Problem(operation)
	if err := answer.Decode(p, &read); err != nil {
		return nil, err
	}
	if read.Identifier != identifier {
		return nil, external.Later(p, "the answer is about another resource")
	}
	return &read, nil
}

// Create implements Resources.
func (c *Client) Create(ctx context.Context, resource *ServiceResource) error {
	_, err := c.http.Do(ctx, external.Call{
		Operation: "create resource",
		Method:    http.MethodPost,
		URL:       c.resources,
		Header:    sendJSON,
		Body:      external.JSON(resource.sent()),
		Bearer:    c.resourceToken,
		Want:      []int{http.StatusCreated},
		Repeat:    external.Once,
	})
	return err
}

// Put implements Resources.
func (c *Client) Put(ctx context.Context, stored, wanted *ServiceResource) error {
	const operation = "replace resource"
	if stored.Identifier != wanted.Identifier || !OwnerOf(stored).Is(OwnerOf(wanted)) {
		return c.refused(operation, ErrForeignOwner, v1alpha1.ActorServiceOwner)
	}
	address, err := c.below(operation, c.resources, wanted.Identifier)
	if err != nil {
		return err
	}
	_, err = c.http.Do(ctx, external.Call{
		Operation: operation,
		Method:    http.MethodPut,
		URL:       address,
		Header:    sendJSON,
		Body:      external.JSON(wanted.sent()),
		Bearer:    c.resourceToken,
		Want:      []int{http.StatusOK},
		Repeat:    external.Once, // each PUT makes a version (Altinn's Resource Registry)
	})
	return err
}

// Delete implements Resources.
func (c *Client) Delete(ctx context.Context, identifier string) error {
	const operation = "delete resource"
	address, err := c.below(operation, c.resources, identifier)
	if err != nil {
		return err
	}
	_, err = c.http.Do(ctx, external.Call{
		Operation: operation,
		Method:    http.MethodDelete,
		URL:       address,
		Header:    acceptJSON,
		Bearer:    c.resourceToken,
		Want:      []int{http.StatusNoContent, http.StatusOK},
		Repeat:    external.Safe,
		Judge:     judgeDeletion,
	})
	if external.IsNotFound(err) {
		return nil
	}
	return err
}

// judgeDeletion tells "never here" from "not yours": the former comes with a text about deleting, the latter without a body
// (Altinn's Resource Registry).
func judgeDeletion(a *external.Answer, p external.Problem) error {
	if a.Status != http.StatusForbidden || !strings.Contains(strings.ToLower(p.Said), "delet") {
		return nil
	}
	p.Why, p.Cause = ErrDeletionForbidden.Error(), ErrDeletionForbidden
	return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
}

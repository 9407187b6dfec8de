// SPDX-License-Identifier: BSD-3-Clause

package registry

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

const (
	// policyField is the name of the form's field (Altinn's Resource Registry).
	policyField = "policyFile"
	typeXML     = "application/xml"
	typeTextXML = "text/xml"
)

// Policy implements Policies.
func (c *Client) Policy(ctx context.Context, identifier string) ([]byte, error) {
	const operation = "get policy"
	address, err := c.below(operation, c.resources, identifier, "policy")
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(ctx, external.Call{
		Operation: operation,
		Method:    http.MethodGet,
		URL:       address,
		Header:    http.Header{"Accept": {typeTextXML + ", " + typeXML}},
		Want:      []int{http.StatusOK},
		Answers:   []string{typeTextXML, typeXML, "application/octet-stream"},
		Absent:    []string{external.TypeProblem},
		Judge:     judgeMissingPolicy,
		Repeat:    external.Safe,
	})
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(answer.Body)) == 0 {
		return nil, external.Later(c.http.Problem(operation), "the answer is empty")
	}
	return answer.Body, nil
}

// judgeMissingPolicy believes a 404 in plain text when it says what the registry says; a router's would not.
func judgeMissingPolicy(a *external.Answer, p external.Problem) error {
	if a.Status == http.StatusNotFound && strings.HasPrefix(p.Said, "Unable to find") {
		return &external.NotFound{Problem: p}
	}
	return nil
}

// PutPolicy implements Policies.
func (c *Client) PutPolicy(ctx context.Context, identifier string, policy []byte) error {
	const operation = "upload policy"
	if wellFormed(policy) != nil {
		return c.refused(operation, ErrNotXML, v1alpha1.ActorPlatform)
	}
	address, err := c.below(operation, c.resources, identifier, "policy")
	if err != nil {
		return err
	}
	form, contentType, err := policyForm(policy)
	if err != nil {
		return err
	}
	_, err = c.http.Do(ctx, external.Call{
		Operation: operation,
		Method:    http.MethodPut,
		URL:       address,
		Header:    http.Header{"Accept": {external.TypeJSON}, "Content-Type": {contentType}},
		Body:      func(context.Context) ([]byte, error) { return form, nil },
		Bearer:    c.resourceToken,
		Want:      []int{http.StatusCreated, http.StatusOK},
		Repeat:    external.Once, // each upload is a change in the feeds
		Judge:     judgeUpload,
	})
	return err
}

// judgeUpload knows how the registry says that the resource is not there (Altinn's Resource Registry).
func judgeUpload(a *external.Answer, p external.Problem) error {
	if a.Status == http.StatusBadRequest && p.Said == "Unknown resource" {
		return &external.NotFound{Problem: p}
	}
	if a.Status == http.StatusBadRequest {
		return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform} // the operator rendered the policy
	}
	return nil
}

// policyForm is the policy as the one file of a form.
func policyForm(policy []byte) (form []byte, contentType string, err error) {
	var written bytes.Buffer
	writer := multipart.NewWriter(&written)
	file, err := writer.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="` + policyField + `"; filename="policy.xml"`},
		"Content-Type":        {typeXML},
	})
	if err == nil {
		_, err = file.Write(policy)
	}
	if err := errors.Join(err, writer.Close()); err != nil {
		return nil, "", fmt.Errorf("writing a form: %w", err)
	}
	return written.Bytes(), writer.FormDataContentType(), nil
}

// wellFormed reads the whole of a document with one root. Whether it is a policy is for whoever rendered it to check.
func wellFormed(document []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	roots, depth := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && roots == 1 && depth == 0 {
			return nil
		}
		if err != nil {
			return ErrNotXML
		}
		switch token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		}
	}
}

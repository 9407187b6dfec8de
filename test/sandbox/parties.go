// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Prefixes of the URNs a party is named by (Altinn's Resource Registry, Altinn consent).
const (
	urnOrganisation = "urn:altinn:organization:identifier-no"
	urnPerson       = "urn:altinn:person:identifier-no"
	urnPartyUUID    = "urn:altinn:party:uuid"
	urnPartyID      = "urn:altinn:party:id"
)

var (
	organisationNumber = regexp.MustCompile(`^[0-9]{9}$`)
	personNumber       = regexp.MustCompile(`^[0-9]{11}$`)
	uuidPattern        = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// party is an organisation or a person in the register.
type party struct {
	number string
	uuid   string
	id     uint32
	person *Person
	name   map[string]string
}

func (p *party) urn() string {
	if p.person != nil {
		return urnPerson + ":" + p.number
	}
	return urnOrganisation + ":" + p.number
}

// parties is the register: who exists, and which of them are service owners.
type parties struct {
	byNumber map[string]*party
	byUUID   map[string]*party
	byID     map[string]*party
	owners   map[string]Organisation // by code and alias in lower case
}

func newParties(organisations []Organisation, persons []Person) *parties {
	p := &parties{
		byNumber: map[string]*party{},
		byUUID:   map[string]*party{},
		byID:     map[string]*party{},
		owners:   map[string]Organisation{},
	}
	for _, organisation := range organisations {
		p.addOrganisation(organisation)
	}
	for i := range persons {
		p.addPerson(persons[i])
	}
	return p
}

func (p *parties) addOrganisation(organisation Organisation) {
	if organisation.Code != "" {
		for _, code := range slices.Concat([]string{organisation.Code}, organisation.Aliases) {
			p.owners[strings.ToLower(code)] = organisation
		}
	}
	if _, known := p.byNumber[organisation.Number]; !known {
		p.add(&party{number: organisation.Number, name: organisation.Names})
	}
}

func (p *parties) addPerson(person Person) {
	p.add(&party{number: person.Number, person: &person, name: sameName(person.Name)})
}

// add gives the party an id and a uuid that follow from its number, so that they are the same after a restart.
func (p *parties) add(added *party) {
	sum := sha256.Sum256([]byte("party " + added.number))
	added.id = 50_000_000 + binary.BigEndian.Uint32(sum[:4])%10_000_000
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	added.uuid = fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	p.byNumber[added.number] = added
	p.byUUID[added.uuid] = added
	p.byID[strconv.FormatUint(uint64(added.id), 10)] = added
}

// codeOf is the code of the service owner with a number; of several the first by name, and never an alias.
func (p *parties) codeOf(number string) string {
	found := ""
	for _, owner := range p.owners {
		code := strings.ToLower(owner.Code)
		if owner.Number == number && (found == "" || code < found) {
			found = code
		}
	}
	return found
}

// partyURN says what an URN names. Well formed is not yet known: nil without an error is a party nobody has heard of.
func (p *parties) partyURN(urn string) (*party, error) {
	colon := strings.LastIndex(urn, ":")
	if colon < 0 {
		return nil, fmt.Errorf("reading the party URN %q: no colon", urn)
	}
	key, value := urn[:colon], urn[colon+1:]
	switch {
	case key == urnOrganisation && organisationNumber.MatchString(value):
		return p.byNumber[value], nil
	case key == urnPerson && personNumber.MatchString(value):
		return p.byNumber[value], nil
	case key == urnPartyUUID && uuidPattern.MatchString(value):
		return p.byUUID[strings.ToLower(value)], nil
	case key == urnPartyID && isPartyID(value):
		return p.byID[value], nil
	}
	return nil, fmt.Errorf("reading a party URN: %q is none of its kinds", key)
}

func isPartyID(value string) bool {
	_, err := strconv.ParseUint(value, 10, 31)
	return err == nil
}

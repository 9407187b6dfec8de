// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// maxMembers is how many members one call may name (Altinn's Resource Registry).
const maxMembers = 100

// pageToken ties a page to the version the first page had: when the list changes in between, the next page is refused.
type pageToken struct {
	Version      uint64 `json:"version"`
	ContinueFrom string `json:"continueFrom"`
}

type memberShown struct {
	ID          string         `json:"id"`
	Since       time.Time      `json:"since"`
	Identifiers map[string]any `json:"identifiers"`
}

func (s *Server) getMembers(c *call) reply {
	list, refusal := s.conditional(c)
	if refusal != nil {
		return *refusal
	}
	from, refusal := continueFrom(c, list)
	if refusal != nil {
		return *refusal
	}
	return s.membersPage(c, list, from)
}

// continueFrom reads where a page begins.
func continueFrom(c *call, list *accessList) (string, *reply) {
	text := c.URL.Query().Get("token")
	if text == "" {
		return "", nil
	}
	var token pageToken
	if !readOpaque(text, &token) {
		refusal := modelError("token", "The value '"+text+"' is not valid.")
		return "", &refusal
	}
	if token.Version != list.Version {
		refusal := emptyReply(http.StatusPreconditionFailed)
		return "", &refusal
	}
	return token.ContinueFrom, nil
}

// membersPage shows members in the order of their uuids, from one on.
func (s *Server) membersPage(c *call, list *accessList, from string) reply {
	byUUID := map[string]string{}
	for number := range list.Members {
		byUUID[s.people.byNumber[number].uuid] = number
	}
	page := paginated[memberShown]{Data: []memberShown{}}
	for _, uuid := range slices.Sorted(maps.Keys(byUUID)) {
		if uuid < from {
			continue
		}
		if len(page.Data) == entryPage {
			page.Links.Next = nextPage(c, list, "/members", uuid)
			break
		}
		member := s.people.byNumber[byUUID[uuid]]
		page.Data = append(page.Data, memberShown{
			ID:    urnPartyUUID + ":" + uuid,
			Since: list.Members[member.number],
			Identifiers: map[string]any{
				urnPartyUUID:    uuid,
				urnPartyID:      member.id,
				urnOrganisation: member.number,
			},
		})
	}
	return list.tagged(jsonReply(http.StatusOK, page))
}

func nextPage(c *call, list *accessList, what, from string) string {
	path := "/resourceregistry/api/v1/access-lists/" + list.Owner + "/" + list.Identifier + what
	return c.base + path + "?" + url.Values{"token": {opaque(pageToken{list.Version, from})}}.Encode()
}

// submittedMembers reads a body of members: at most a hundred, each an URN. A party nobody knows is nil.
func (s *Server) submittedMembers(c *call, tooMany reply) ([]*party, *reply) {
	var body struct {
		Data *[]string `json:"data"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil || body.Data == nil {
		refusal := modelError("$", "Expected property 'data'")
		return nil, &refusal
	}
	if len(*body.Data) > maxMembers {
		return nil, &tooMany
	}
	found := make([]*party, 0, len(*body.Data))
	for i, urn := range *body.Data {
		member, err := s.people.partyURN(urn)
		if err != nil {
			refusal := modelError(fmt.Sprintf("$.data[%d]", i), "The JSON value could not be converted to PartyUrn.")
			return nil, &refusal
		}
		found = append(found, member)
	}
	return found, nil
}

func (s *Server) replaceMembers(c *call) reply {
	tooMany := rrInvalid(0, "Cannot replace more than 100 members at a time. Use POST and DELETE methods instead.", "/data")
	return s.changeMembers(c, tooMany, func(members map[string]time.Time, numbers []string) {
		maps.DeleteFunc(members, func(number string, _ time.Time) bool { return !slices.Contains(numbers, number) })
		addMissing(members, numbers, c.now)
	})
}

func (s *Server) addMembers(c *call) reply {
	return s.changeMembers(c, tooManyToAdd(), func(members map[string]time.Time, numbers []string) {
		addMissing(members, numbers, c.now)
	})
}

func (s *Server) removeMembers(c *call) reply {
	return s.changeMembers(c, tooManyToAdd(), func(members map[string]time.Time, numbers []string) {
		maps.DeleteFunc(members, func(number string, _ time.Time) bool { return slices.Contains(numbers, number) })
	})
}

func tooManyToAdd() reply {
	return rrInvalid(1, "Cannot add or remove more than 100 members at a time.", "/data")
}

func addMissing(members map[string]time.Time, numbers []string, now time.Time) {
	for _, number := range numbers {
		if _, already := members[number]; !already {
			members[number] = now
		}
	}
}

// changeMembers does what the three writing calls share. Where nothing changes the version stays.
func (s *Server) changeMembers(c *call, tooMany reply, change func(map[string]time.Time, []string)) reply {
	parties, refusal := s.submittedMembers(c, tooMany)
	if refusal != nil {
		return *refusal
	}
	list, refusal := s.conditional(c)
	if refusal != nil {
		return *refusal
	}
	numbers := make([]string, 0, len(parties))
	for _, member := range parties {
		if member == nil {
			return problemPartyNotFound.reply()
		}
		numbers = append(numbers, member.number)
	}
	before := maps.Clone(list.Members)
	change(list.Members, numbers)
	if !maps.Equal(before, list.Members) {
		s.event(list, c.now)
	}
	return s.membersPage(c, list, "")
}

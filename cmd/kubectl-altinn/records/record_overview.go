// SPDX-License-Identifier: BSD-3-Clause

package records

import "time"

// Overview says how much there is, and what needs somebody to act.
type Overview struct {
	Controllers int `json:"controllers"`
	Agreements  int `json:"agreements"`
	Processings int `json:"processings"`
	// Covered, NotCovered and NotShown add up to Processings.
	Covered    int `json:"covered"`
	NotCovered int `json:"notCovered"`
	NotShown   int `json:"notShown"`
	// FollowUps are what needs somebody to act, the gravest first.
	FollowUps []FollowUp `json:"followUps"`
	// PerController are the same figures for each controller.
	PerController []Figures `json:"perController"`
}

// Figures count what one controller has.
type Figures struct {
	Code        Word `json:"code"`
	Agreements  int  `json:"agreements"`
	Processings int  `json:"processings"`
	Covered     int  `json:"covered"`
	NotCovered  int  `json:"notCovered"`
	NotShown    int  `json:"notShown"`
	// controller is the one they are of, for the page's links.
	controller *Controller
}

// FollowUp is one thing that needs somebody to act.
type FollowUp struct {
	// Kind says what it is.
	Kind Coded `json:"kind"`
	// Controller is the code of the service owner.
	Controller Word `json:"controller"`
	// Subject is what it concerns, as "App so-skd/income".
	Subject string `json:"subject"`
	// Title is what people call it.
	Title Word `json:"title"`
	// Detail says more, in the record's language; Message is a condition's own text, in English. One of
	// them, At or Day is always there.
	Detail  Word `json:"detail"`
	Message Word `json:"message"`
	// At is the instant something ended or ends; Day the day something was due.
	At  *time.Time `json:"at"`
	Day Word       `json:"day"`
	// target is the id of its place on the page.
	target string
}

// Target is the id of the place on the page that tells more.
func (f FollowUp) Target() string { return f.target }

// Controller is whom the figures are of.
func (f Figures) Controller() *Controller { return f.controller }

// ID is the id of the controller's place on the page.
func (c *Controller) ID() string {
	if c.Code == "" {
		return "namespace-" + c.Namespace
	}
	return "owner-" + string(c.Code)
}

// ID is the id of the agreement's place on the page.
func (a Agreement) ID() string { return "agreement-" + a.Name }

// ID is the id of the processing's place on the page.
func (p Processing) ID() string {
	return "processing-" + p.Kind.Value + "-" + p.Namespace + "-" + p.Name
}

// Reference names the processing's resource.
func (p Processing) Reference() string { return p.Kind.Value + " " + p.Namespace + "/" + p.Name }

// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// A mark stands in an object where a value of the chart belongs, for as long as the object is no
// text. YAML writes it as it is, without quotes.
const (
	markPrefix = "chartPlaceOf_"

	markConfiguration      = markPrefix + "configuration_"
	markConfigurationName  = markPrefix + "configurationName_"
	markArguments          = markPrefix + "arguments_"
	markEnd                = markPrefix + "end_"
	markIfMaskinporten     = markPrefix + "ifMaskinporten_"
	markImage              = markPrefix + "image_"
	markMaskinportenSecret = markPrefix + "maskinportenSecret_"
	markMemory             = markPrefix + "memory_"
	markNamespace          = markPrefix + "namespace_"
	markNamespaceWord      = markPrefix + "namespaceWord_"
	markPullPolicy         = markPrefix + "pullPolicy_"
	markReplicas           = markPrefix + "replicas_"
	markResources          = markPrefix + "resources_"
)

// inline are the expressions that stand where the mark stood. What could be read as a number is quoted.
var inline = strings.NewReplacer(
	markConfigurationName, `{{ include "serviceowner-operator.configurationName" . }}`,
	markImage, `{{ include "serviceowner-operator.image" . | quote }}`,
	markMaskinportenSecret, `{{ .Values.maskinportenSecret | quote }}`,
	markMemory, `{{ .Values.goMemoryLimit | quote }}`,
	markNamespace, `{{ .Release.Namespace | quote }}`,
	markNamespaceWord, `{{ .Release.Namespace }}`,
	markReplicas, `{{ .Values.replicas }}`,
)

// blocks are the lines that stand in the place of a mark's line, indented as that line was; N is two
// more columns, M as many.
var blocks = map[string]string{
	markArguments:      "{{- with .Values.extraArgs }}\n{{- toYaml . | nindent M }}\n{{- end }}",
	markConfiguration:  configurationFile + ": |\n  {{- include \"serviceowner-operator.configuration\" . | nindent N }}",
	markEnd:            "{{- end }}",
	markIfMaskinporten: "{{- if .Values.configuration.maskinporten }}",
	markPullPolicy:     "{{- with .Values.image.pullPolicy }}\nimagePullPolicy: {{ . }}\n{{- end }}",
	markResources:      "resources:\n  {{- toYaml .Values.resources | nindent N }}",
}

// blockLine is a line whose end is a mark: its indentation, what the mark is the value of, the mark.
var blockLine = regexp.MustCompile(`(?m)^( *)(?:- |\S+: )(` + markPrefix + `[A-Za-z]+_)$`)

// definitionKind is the one kind with a switch: its objects may already be there.
const definitionKind = "CustomResourceDefinition"

// templateOf writes an object with marks as a Helm template.
func templateOf(o object) (string, error) {
	text, err := yaml.Marshal(o)
	if err != nil {
		return "", fmt.Errorf("writing %s: %w", o, err)
	}
	body := expand(escape(string(text)))
	if o.kind() == definitionKind {
		body = "{{- if .Values.crds.install }}\n" + body + "{{- end }}\n"
	}
	return notice + body, nil
}

// notice is the first line of each template.
const notice = "{{- /* Generated from config/default by make chart. */ -}}\n"

// braces are what Helm would read as the start of an expression.
var braces = regexp.MustCompile(`\{\{+`)

// escape has Helm write what it would otherwise read. A closing pair by itself is text to it.
func escape(text string) string {
	text = braces.ReplaceAllStringFunc(text, func(found string) string { return `{{ "` + found + `" }}` })
	// One brace is text too, unless an expression comes to stand behind it.
	return strings.ReplaceAll(text, "{"+markPrefix, `{{ "{" }}`+markPrefix)
}

// expand puts expressions in the places of the marks.
func expand(text string) string {
	text = blockLine.ReplaceAllStringFunc(text, func(line string) string {
		parts := blockLine.FindStringSubmatch(line)
		indent, mark := parts[1], parts[2]
		block, isBlock := blocks[mark]
		if !isBlock {
			return line
		}
		block = strings.NewReplacer("nindent N", "nindent "+strconv.Itoa(len(indent)+2),
			"nindent M", "nindent "+strconv.Itoa(len(indent))).Replace(block)
		return indented(block, indent)
	})
	return inline.Replace(text)
}

// indented puts indent before each line of text that is not empty.
func indented(text, indent string) string {
	lines := strings.Split(text, "\n")
	for n, line := range lines {
		if line != "" {
			lines[n] = indent + line
		}
	}
	return strings.Join(lines, "\n")
}

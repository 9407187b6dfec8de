{{- /* Generated from config/default by make chart. */ -}}

{{- define "serviceowner-operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- /* Receipts are kept in the release's own namespace, unless the values name another. */ -}}
{{- define "serviceowner-operator.configuration" -}}
{{ toYaml (merge (deepCopy .Values.configuration) (dict "receipts" (dict "namespace" .Release.Namespace))) }}
{{- end -}}

{{- /* The name changes with the content, so that a changed configuration rolls the pods, and the pods
that run keep the one they started with. */ -}}
{{- define "serviceowner-operator.configurationName" -}}
[[ .Stem ]]-{{ include "serviceowner-operator.configuration" . | sha256sum | trunc 10 }}
{{- end -}}

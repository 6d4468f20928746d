{{/* What a process may do: nothing but compute and talk. */}}
{{- define "gold.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "gold.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "gold.secretVariable" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .variable }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end -}}

{{/* The variables that come from secrets. */}}
{{- define "gold.secretEnv" -}}
{{- $own := get .root.Values.services .service -}}
{{- range .root.Values.secrets.shared.env }}
{{ include "gold.secretVariable" (dict "variable" . "secret" (include "gold.sharedSecret" $.root)) }}
{{- end }}
{{- range $own.secretEnv }}
{{ include "gold.secretVariable" (dict "variable" . "secret" (include "gold.secret" $)) }}
{{- end }}
{{- range $own.optionalSecretEnv }}
{{ include "gold.secretVariable" (dict "variable" . "secret" (include "gold.secret" $) "optional" true) }}
{{- end }}
{{- end -}}

{{- define "gold.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

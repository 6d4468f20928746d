{{/*
The files that the gateway reads out of ConfigMaps, as JSON: the volume and the directory each has of its own, its name in
there, the setting that names it, and the ConfigMap with its key. Nothing stands here that values do not give.
*/}}
{{- define "gold.gatewayFiles" -}}
{{- $known := dict
  "supergraph" (dict "volume" "supergraph" "file" "supergraph.graphql" "setting" "SUPERGRAPH_FILE")
  "trustedDocuments" (dict "volume" "trusted-documents" "file" "trusted-documents.json" "setting" "TRUSTED_DOCUMENTS_FILE")
-}}
{{- $files := list -}}
{{- range $name, $file := $known -}}
{{- $given := get ($.Values.gatewayFiles | default dict) $name | default dict -}}
{{- if and $given.configMap $given.text -}}
{{- fail (printf "gatewayFiles.%s has configMap and text: give the one or the other" $name) -}}
{{- end -}}
{{- with $given.text -}}
{{- if gt (len .) 1048576 -}}
{{- fail (printf "gatewayFiles.%s.text has %d bytes, and a ConfigMap holds at most 1048576 (1 MiB): put it into an image, and its path into %s" $name (len .) $file.setting) -}}
{{- end -}}
{{- $own := dict "name" (printf "%s-gateway-%s" (include "gold.name" $) $file.volume) "key" $file.file -}}
{{- $files = append $files (merge (dict "value" $name "configMap" $own) $file) -}}
{{- end -}}
{{- with $given.configMap -}}
{{- $files = append $files (merge (dict "value" $name "configMap" .) $file) -}}
{{- end -}}
{{- end -}}
{{- $files | toJson -}}
{{- end -}}

{{- define "gold.gatewayFileDirectory" -}}
/etc/gold-supergraph/{{ .volume }}
{{- end -}}

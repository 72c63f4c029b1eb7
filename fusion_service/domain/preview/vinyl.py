"""How matt vinyl looks under three soft boxes: the shader of the preview (GLSL 1.50).

Lights are given in the camera's axes (x right, y up, z towards the camera) and do not turn with
the figurine. Diffuse light wraps around the edge of the shadow a little, as in translucent vinyl;
the sheen is the GGX lobe with Schlick's Fresnel term (Walter et al. 2007; Schlick 1994). Colours
are squared on the way in and rooted on the way out, close to sRGB and cheap in software.
"""

from __future__ import annotations

from fusion_service.domain.preview.baked_light import KEY_LIGHT

VERTEX_DECLARATIONS = """
in vec4 albedo_ambient;
in vec4 key_light;
out vec4 surface;
out float key_visible;
"""

# The camera picks the shadow that was baked for it: its backward axis in the figurine's frame
# tells front (+y), three-quarter, side (-x) and back (-y) apart.
VERTEX_BODY = """
surface = albedo_ambient;
vec3 toward = vec3(MCVCMatrix[0][2], MCVCMatrix[1][2], MCVCMatrix[2][2]);
if (toward.y < -0.5) key_visible = key_light.w;
else if (toward.x < -0.8) key_visible = key_light.z;
else if (toward.x < -0.2) key_visible = key_light.x;
else key_visible = key_light.y;
"""

FRAGMENT_DECLARATIONS = """
//VTK::Color::Dec
in vec4 surface;
in float key_visible;

float sheen(vec3 normal, vec3 view, vec3 light, float a2) {
  vec3 halfway = normalize(light + view);
  float nh = max(dot(normal, halfway), 0.0);
  float spread = nh * nh * (a2 - 1.0) + 1.0;
  float grazing = 1.0 - max(dot(view, halfway), 0.0);
  float squared = grazing * grazing;  // products, because pow() is slow in software
  float fresnel = 0.04 + 0.96 * squared * squared * grazing;
  return max(dot(normal, light), 0.0) * fresnel * a2 / (spread * spread);
}
"""

FRAGMENT_BODY = """
vec3 normal = normalize(normalVCVSOutput);
vec3 view = normalize(-vertexVC.xyz);
vec3 key = vec3(KEY_LIGHT);
vec3 fill = vec3(0.78, 0.22, 0.58);
vec3 rim = vec3(0.62, 0.45, -0.64);
vec3 texel = TEXEL;
vec3 albedo = surface.rgb * texel * texel;
float ambient = surface.a;

float wrapped = clamp((dot(normal, key) + 0.25) / 1.25, 0.0, 1.0);
vec3 light = wrapped * mix(1.0, key_visible, 0.8) * vec3(1.02, 0.96, 0.88);
light += clamp(dot(normal, fill) * 0.7 + 0.3, 0.0, 1.0) * vec3(0.22, 0.21, 0.21) * ambient;
float upward = normal.y * 0.5 + 0.5;
light += mix(vec3(0.42, 0.36, 0.32), vec3(0.37, 0.36, 0.36), upward) * ambient;
// light that comes back out of a crease has taken the colour of the toy
vec3 colour = albedo * light * mix(vec3(1.0), mix(albedo, vec3(1.0), ambient), 0.5);

float open = ambient * ambient;
float edge = 1.0 - max(dot(normal, view), 0.0);
edge = edge * edge * edge;
colour += sheen(normal, view, key, 0.03) * (0.35 + 0.65 * key_visible) * 0.34;
colour += sheen(normal, view, fill, 0.06) * 0.09 * open;
colour += edge * (clamp(dot(normal, rim) + 0.35, 0.0, 1.0) * 0.2 + upward * 0.05) * open;

// a soft shoulder keeps white shoes from burning out; by the largest channel, so that no hue turns
float peak = max(max(colour.r, colour.g), max(colour.b, 0.001));
float over = max(peak - 0.66, 0.0) / 0.34;
colour *= (min(peak, 0.66) + 0.34 * over / (1.0 + over)) / peak;
fragOutput0 = vec4(sqrt(colour), 1.0);
"""


def shader_replacements(*, textured: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Text to put in place of VTK's markers, for the vertex and for the fragment shader."""
    texel = "texture(actortexture, tcoordVCVSOutput).rgb" if textured else "vec3(1.0)"
    key = ", ".join(f"{component:.6f}" for component in KEY_LIGHT)
    body = FRAGMENT_BODY.replace("KEY_LIGHT", key).replace("TEXEL", texel)
    vertex = {"//VTK::Color::Dec": VERTEX_DECLARATIONS, "//VTK::Color::Impl": VERTEX_BODY}
    fragment = {
        "//VTK::Color::Dec": FRAGMENT_DECLARATIONS,
        "//VTK::Light::Impl": body,
        "//VTK::TCoord::Impl": "",  # VTK would multiply the finished colour once more
    }
    return vertex, fragment

"""Word lists of the rules planner: what a scene is made of, and which words are no things.

Plain data. Parts of speech come from the parse; these lists hold what it cannot tell: nouns that name a place, a
style or the whole picture rather than a thing, and so on. Words are lower case and singular.
"""

from typing import Final, Literal


def word_set(*lines: str) -> frozenset[str]:
    """Read a list of words, split at spaces."""
    return frozenset(word for line in lines for word in line.split())


DETERMINERS: Final = word_set(
    "a an the this that these those another other each every any its his her their my your our it's"
)
DEFINITE: Final = word_set("the this that these those its his her their")
POSSESSIVES: Final = word_set("its his her their my your our it's")
CONJUNCTIONS: Final = word_set("and or plus & as well")
SHARED: Final = word_set("each every")
NOBODYS: Final = word_set("someone's somebody's")
PRONOUNS: Final = word_set("it they them he him she itself themselves himself herself")
RELATIVES: Final = word_set("that which who whom whose where while when as because so if")
AUXILIARIES: Final = word_set(
    "is are was were be been being am has have had having can could will would shall should may might must does do",
    "did seems seem appears appear looks-like gets get stay stays remains remain becomes become",
)
ADVERBS: Final = word_set(
    "very really quite just also too then there here still again away together apart alone around-here only even",
    "almost not never always often sometimes once now outside inside indoors outdoors upside up down forward straight",
    "ahead back out off over nearby well how what why closely directly right-side asleep awake aloft afar abreast",
    "ashore upright sideways upwards downwards upward downward forwards backwards somewhere else instead ready able",
    "full about something someone somebody anything nothing everything everyone each most more less than but yet",
    "however both either neither ajar open-mouthed aboard underground underwater",
)
NUMBERS: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "hundred": 100, "thousand": 1000, "both": 2, "single": 1,
    **{
        f"{ten}-{one}": tens + ones
        for tens, ten in ((20, "twenty"), (30, "thirty"), (40, "forty"), (50, "fifty"))
        for ones, one in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], start=1)
    },
}  # fmt: skip


def number_of(word: str) -> int | None:
    """Read a number in lower case, in words or figures: "seven", "7"; None for other words."""
    return int(word) if word.isdecimal() else NUMBERS.get(word)


NTH: Final = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()  # noqa: SIM905
# Which of several in a row, from 0; -1 is the last.
ORDINALS: Final = {word: at for at, word in enumerate(NTH)} | {"last": -1, "former": 0, "latter": -1}
VAGUE_NUMBERS: Final = {
    "several": 3, "some": 3, "few": 3, "multiple": 3, "various": 3, "assorted": 3, "handful": 3, "trio": 3,
    "many": 5, "numerous": 5, "lots": 5, "lot": 5, "plenty": 5,
}  # fmt: skip
COUNT_NOUNS: Final = {"pair": 2, "couple": 2, "trio": 3, "dozen": 12, "number": 3, "variety": 3, **VAGUE_NUMBERS}

COLOURS: Final = word_set(
    "red green blue yellow orange purple violet pink brown black white grey gray silver gold golden beige cyan",
    "magenta turquoise teal maroon navy cream tan crimson scarlet lavender indigo olive bronze blonde blond",
    "ochre ultramarine vermilion mauve azure khaki burgundy fuchsia taupe umber sienna",
)
# Nouns that say which of the colours: "forest green".
SHADES: Final = word_set(
    "forest sky rose mint lime sage sea moss pine lemon peach coral salmon olive brick blood cherry wine chocolate",
    "coffee ivory lilac plum apricot emerald ruby sapphire jade charcoal midnight royal neon pastel burnt dusty navy",
    "racing powder",
)
SIZES: Final[dict[str, Literal["tiny", "small", "normal", "large", "huge"]]] = {
    "tiny": "tiny", "miniature": "tiny", "little": "small", "small": "small", "smaller": "small",
    "big": "large", "bigger": "large", "large": "large", "larger": "large", "tall": "large",
    "huge": "huge", "giant": "huge", "gigantic": "huge", "enormous": "huge", "massive": "huge",
    "minuscule": "tiny", "teeny": "tiny",
}  # fmt: skip
ADJECTIVES: Final = (
    COLOURS
    | frozenset(SIZES)
    | word_set(
        "delicate intricate aerodynamic old new young fresh soft hard wet dry dark light bright dull pale long short",
        "thin thick fat slim wide narrow round square oval flat deep high low hot cold warm cool clean dirty empty",
        "full open closed broken whole ripe raw rotten sweet sour bitter fast slow loud quiet calm wild tame smooth",
        "rough sharp blunt heavy strong weak rich poor cute nice pretty ugly good bad great fine happy sad angry lazy",
        "busy sleepy hungry playful modern ancient antique vintage classic simple plain fancy elegant striped spotted",
        "dotted checkered plaid patterned furry fluffy fuzzy hairy curly shaggy shiny glossy matte metallic wooden",
        "plastic leather rubber glass fabric stone brick metal steel woolen silk velvet cotton paper ceramic",
        "porcelain marble concrete crystal circular rectangular triangular spherical cubic cylindrical conical",
        "pyramidal oblong pentagonal hexagonal ornate diamond teardrop crescent angular adult male female baby",
        "stuffed real fake half double single lone solitary different same similar identical odd strange weird",
        "beautiful gorgeous lovely adorable colorful colourful electric digital japanese chinese french american",
        "english german italian asian tropical domestic grown jagged spiky prickly bumpy gnarled sleek crisp juicy",
        "sparkling transparent clear foggy sunny stormy run-down worn torn rusty rusted faded painted colored",
        "coloured decorated grilled fried baked cooked",
    )
)
# Adjectives that are things when no noun follows.
ALSO_NOUNS: Final = word_set(
    "orange glass baby stone light paper diamond brick adult square japanese olive female male"
)
# What stands behind its noun in English learnt late: "a bucket blue".
BEHIND_NOUNS: Final = (COLOURS - ALSO_NOUNS) | word_set(
    "wooden big small little old young huge tiny empty dirty beautiful"
)
GOING_ON: Final = word_set("with and on in at up down under behind beside near next to from by")
SPOTS: Final = word_set("top bottom side front back end edge corner middle center centre inside rear part parts sides")

# Nouns that name where the scene happens: no box, they go into the prompts as background.
PLACES: Final = word_set(
    "beach seaside shore coast sea ocean park field meadow pasture farm forest woods jungle desert savanna prairie",
    "street road highway sidewalk pavement alley driveway lane path trail intersection crosswalk city town village",
    "countryside kitchen room bedroom bathroom livingroom classroom office restaurant cafe shop store market",
    "supermarket mall museum library arena gym rink pool playground yard backyard garden courtyard zoo enclosure",
    "airport runway tarmac station platform harbor harbour marina dock port space universe underwater-place scene",
    "background backdrop landscape wilderness world area place environment setting location parking-lot lot warehouse",
    "workshop hallway corridor lobby kitchenette attic basement cellar studio plain plains valley canyon island snow",
    "rain fog mist storm wind sunlight lamplight candlelight firelight darkness distance foreground middle surf waves",
    "ski-slope track racetrack railroad railway downtown neighborhood suburb corral paddock patio terrace porch",
    "balcony restroom swamp marsh wetland orchard vineyard campsite gallery lounge den interior exterior surroundings",
    "weather outdoors dugout slope reef battlefield carnival fairground apartment home bullring mars",
)
OF_LOTS: Final = word_set("parking car vacant building construction")  # "a parking lot", but "a lot"
OF_LINES: Final = word_set("clothes laundry phone telephone starting zip")  # no drawn ones
OF_SQUARES: Final = word_set("town market village city public")  # "a town square", but "a red square"
OF_CARS: Final = ADJECTIVES | SPOTS | {"", "left", "right", "steering"}  # wheels: "a front wheel"
# Surfaces: no box either, but they belong to the one thing that stands on them.
SURFACES: Final = word_set(
    "grass floor ground lawn sand dirt mud gravel carpet ice wall ceiling concrete asphalt cement hillside turf tile",
    "tiles hardwood earth soil horizon cliff bank riverbank curb kerb hill mountain mountains mountainside meadow",
    "surface cobblestones sky air water",
)
# Buildings are things, but "in a house" is where the scene happens.
INDOORS: Final = word_set(
    "barn church stable garage hospital factory stadium school hotel house building hangar stage castle tower café",
    "tent palace cabin hut cottage igloo bakery court track bar ramp hall aisle deck dock pier",
)
# What can be around a thing all by itself.
ENCLOSING: Final = word_set("fence wall hedge ring wreath moat frame circle rope ribbon garland railing halo border")
# Landscape that is a thing in "a lake left of a tree" and background in "a boat on a lake".
LANDSCAPE: Final = word_set(
    "lake river pond stream creek waterfall canal snow hill mountain cliff forest sea ocean bay dune"
)
TIMES: Final = word_set(
    "night day morning evening afternoon sunset sunrise dusk dawn noon midnight summer winter autumn spring daytime",
    "fall today tonight yesterday tomorrow nighttime twilight christmas halloween moonlight daylight",
    "midday weekend week month year tide january february march april may june july august september",
    "october november december monday tuesday wednesday thursday friday saturday sunday breakfast lunch",
    "brunch birthday anniversary twenties thirties forties fifties sixties seventies eighties nineties",
)
STYLE_NOUNS: Final = word_set(
    "style lighting resolution quality photography render rendering bokeh 4k 8k hd hdr uhd detail details mode",
    "render-engine light flash focus exposure grain film lens depth poly vector gradient contrast angle perspective",
    "iso atmosphere tone hour space shadows shadow pixel gouache engraving watercolors unreal octane filter aperture",
    "copy-space trending background backdrop closeup aesthetic vibe mood theme palette tones photorealistic",
    "photorealism minimalism cubism impressionism anime pixelart artstation composition realism emoji-style",
    "masterpiece clipart lineart watercolor watercolour chiaroscuro kawaii dof blur leak leaks ray rays engine lo-fi",
    "lofi retro noir dslr canon nikon leica shutter look feel finish grading cgi vray pastel pastels charcoal crayon",
    "crayons acrylic acrylics stroke strokes brushwork linework cel-shading screentone screentones saturation",
    "symmetry panorama typography shading pattern bw monochrome sepia nouveau deco surrealism baroque rococo",
    "renaissance ukiyo-e vaporwave synthwave steampunk cyberpunk solarpunk dieselpunk gothic fantasy sci-fi",
    "illumination glow haze vignette vignetting megapixel megapixels age era century sharpness negative-space",
    "format layout ratio version grade template listing orientation crop design designs",
    "silhouette-style pose dpi fps px nuance hue hues border borders margin lines tint texture brightness exposures",
    "vividness",
    "manner tradition line outline outlines particle particles halftone",
)
# Kinds of pictures: "a photo of a dog" is about the dog.
PICTURES: Final = word_set(
    "foto yonkoma visual webcomic headshot mugshot pic pics snap lineup line-up timelapse time-lapse episode",
    "photo photograph picture image painting drawing sketch illustration rendering close-up closeup view shot scene",
    "poster cartoon icon emoji snapshot portrait print watercolor watercolour depiction selfie page strip comic sheet",
    "flyer infographic mockup wireframe ad advertisement diptych triptych storyboard logo thumbnail wallpaper banner",
    "tile manga plan turnaround still pictogram diagram card cover frame panel exposure level postcard icons spread",
    "grid render photography artwork collage still-life screenshot clipart art close polaroid macro sprite map",
    "cutaway layout silhouette meme advert webtoon cutout mural-design panorama daguerreotype engraving etching",
    "lithograph woodcut linocut fresco mosaic doodle scribble caricature cinemagraph blueprint schematic dashboard ui",
    "gui homepage website webpage landing-page splash keyart concept closeups character-sheet spritesheet tileset",
    "backdrop vignette lay rendition shots photos pictures images invitation brochure leaflet billboard-ad stamp",
    "header img",
    "emblem-design tattoo sticker wall-art line-art animation gif frame-grab fanart portrait-photo snap double-page",
    "graphic montage tableau cartoon-strip ui-kit game-screen storybook",
    "interface app bust cross-section side-scroller mural telephoto zoom zoom-in wide-angle",
)
SCREENS: Final = word_set(
    "split loading login title select selection start home menu splash lock game over app quest player chat settings",
    "seating",
)
# Kinds of pictures that lie or hang about as things, too.
ALSO_OBJECTS: Final = word_set(
    "map mural blueprint stamp mosaic tattoo card brochure invitation sheet photo photos photograph"
)
# What a picture is taken with: "a drone photo" shows no drone.
CAMERAS: Final = word_set(
    "pencil pen marker ballpoint brush",
    "drone phone smartphone satellite webcam camera telescope tripod hero beauty action group crowd menu",
)
CHATTER: Final = word_set(
    "hi hey hello there thanks thank you pls plz please ok okay yo lol haha so well hmm cheers thx um uh yes no sorry",
    "guys folks ai chatgpt gpt bot sir dear friend everyone all team kindly heya hiya hii",
)
# Letters in a picture, and what bears nothing but them.
WRITING: Final = word_set(
    "word words text letter letters number numbers date title headline inscription caption name names slogan",
    "lettering message logo-text writing numeral numerals label labels tagline venue price prices address",
    "script font",
)
ABSTRACT: Final = word_set(
    "precision commitment experiment meeting fun exercise tone way kind type sort lot time times moment part parts",
    "side end edge love peace beauty elegance luxury sophistication scent aroma smell hint sense feeling touch",
    "display texture symbol charm comfort contrast reflection reflections attention life work job game match",
    "competition practice pose trick tricks break nap look search care help use order fact idea dream dreams distance",
    "direction top bottom left right center centre front back rear inside outside middle other one ones others it",
    "them something someone shape size color colour colors colours view unison harmony conversation question story",
    "stories news music sound noise voice breeze motion action speed power energy atmosphere ambience warmth",
    "sun-light addition accent statement design each-other reach need background front-side hour minute mid-air",
    "midair history excitement rush ease adrenaline stroll song tune solo celebration joy testament nature brilliance",
    "clarity dimension option camera-angle shade shadow presence company midst dinner-time lunch-time weight height",
    "length circles while bit grace delight stages clockwise election launch presentation ceremony concert festival",
    "race farewell wedding funeral rescue accident robbery heist reunion chase",
    "parade conference interview event party picnic premiere exhibition trial selfie rally campaign debate",
    "performance battle fight everything nobody anything position stance setting role function step steps process",
    "season seasons copy date favour favor please thanks effect half third quarter halves thirds heading",
    "thing things stuff ml cl dl kg mg mm cm km oz lb lbs ft px inch inches gram grams liter liters litre litres",
    "pressure pulse heartbeat temperature weight score tempo rhythm pace",
    "cold fever flu headache toothache stomachache hiccups nightmare form",
)
# "happiness", "craftsmanship": what cannot be seen, by its ending.
QUALITY_ENDINGS: Final = ("ness", "manship", "onship", "ership", "ivity")
NO_QUALITIES: Final = word_set("harness witness lioness baroness governess")
PARTS: Final = word_set(
    "roof eye eyes hair fur tail ear ears leg legs arm arms hand hands foot feet paw paws head face nose mouth mouths",
    "tongue teeth tooth stomach belly neck shoulder shoulders wing wings beak feather feathers horn horns skin spot",
    "spots stripe stripes stain stains dot dots pattern patterns wheel wheels window-pane frosting icing crust",
    "headboard handle handles lid seat seats frame trim lining edge edges surface expression smile frown top finish",
    "stem leaves petal petals blade blades button buttons mane whisker whiskers trunk tusk tusks tire sleeve sleeves",
    "lettering letters logo color colors background inlay cover hood cockpit bumper fender windshield",
    "dashboard snout muzzle chest chin cheek lip lips knee knees elbow elbows finger fingers thumb thumbs wrist",
    "wrists waist lap claw claws talon talons spout spouts nozzle nozzles",
    "fist fists tentacle tentacles pincer pincers fin fins hoof hooves",
    "chimney chimneys tip crack cracks vein veins rim brim ripple ripples ridge ridges wrinkle wrinkles crease creases",
    "piercing",
)
# "the window light", but "a traffic light".
SOURCES_OF_LIGHT: Final = word_set(
    "window candle moon sun fire morning evening dawn dusk day north studio evening sky autumn winter summer spring"
)
FEMALE: Final = word_set(
    "girl lady mother mom mum grandmother grandma granny daughter sister aunt niece wife bride queen woman",
    "granddaughter nun witch mermaid ballerina geisha",
)
MALE: Final = word_set(
    "guy gentleman father dad grandfather grandpa son grandson brother uncle nephew husband groom king knight monk",
    "prince",
)
# Persons by their shape, each "it" all the same.
FIGURES: Final = word_set(
    "robot android cyborg mannequin scarecrow snowman doll puppet skeleton ghost golem statue baby",
    "penguin emu kangaroo alien monster zombie troll ogre goblin gremlin imp",
)
# Verbs of what the writer's friends like, not of the picture.
LIKING: Final = word_set("love like adore hate prefer enjoy want need wish think")
# Verbs of which the object is gone.
LOSING: Final = word_set("lose lack miss forget")
# One of several named before: "the winner" of seven runners.
ROLES: Final = word_set("winner loser leader goalkeeper captain youngest oldest")
AMOUNTS: Final = word_set("number amount quantity")
# Of which "each" means two.
PAIRED: Final = word_set(
    "hand foot arm leg ear eye wing side end paw shoulder claw fist horn tusk pincer tentacle fin hoof knee cheek"
)
HOLDING: Final = word_set("hand arm paw claw talon beak mouth fist lap trunk snout")
CLOTHES: Final = word_set(
    "scrubs dungarees",
    "suit dress shirt jacket coat uniform costume outfit clothes clothing jeans pants shorts skirt sweater hoodie",
    "bikini swimsuit wetsuit gown robe kimono scarf t-shirt apron vest hat helmet tie sunglasses boots attire",
    "cap crown glasses shoes gloves jersey blouse sneakers socks mask headphones",
)
CONTAINERS: Final = word_set(
    "bowl basket box vase cage bag backpack suitcase cup mug glass jar bucket sink bathtub tub pot pan crate drawer",
    "cabinet refrigerator fridge oven microwave aquarium nest pocket purse bin can bottle car truck bus van boat",
    "envelope toilet trash wagon cart stroller cradle crib carrier cooler closet wardrobe window doorway",
)
# Who is in what has them.
ABOARD: Final = word_set("passenger inmate occupant commuter")
OPEN_CONTAINERS: Final = word_set(
    "bowl basket box vase cage bag cup mug glass jar bucket pot crate drawer cabinet nest fridge birdcage flowerpot",
    "fishbowl lunchbox bento toolbox teacup hamper tin pan skillet wok saucepan casserole",
)
PANES: Final = word_set("sidebar toolbar navbar taskbar topbar")  # what a screen has its buttons in
HOLLOW: Final = OPEN_CONTAINERS | word_set("aquarium tank pool well sink bathtub tub backpack suitcase fountain")
SUPPORTS: Final = word_set(
    "table desk counter countertop shelf bookshelf bed couch sofa plate tray bench chair stool dresser nightstand mat",
    "rug blanket pillow cushion platter saucer pad stand board chessboard surface tablecloth placemat roof cart",
    "trailer skateboard surfboard platform stage stove stovetop rack branch pedestal log book bookcase mantelpiece",
    "mantel windowsill sill sideboard workbench worktop ledge piano",
)
LAIN_ON: Final = word_set("bed couch sofa chair stool bench roof stage branch log trailer skateboard surfboard rug")
SAT_ON: Final = LAIN_ON | word_set("blanket cushion pillow ball rock mat pad saddle seat")
# In them somebody is pushed, rocked or kept.
BORNE_IN: Final = word_set("wheelchair stroller pram pushchair cradle crib cage incubator swing sled sledge stretcher")
# On them there is what somebody works at.
WORKED_ON: Final = word_set("table desk counter countertop workbench worktop board tray plate stove griddle grill")
# What is under them is seen in them: "a rose under a glass dome".
COVERS: Final = word_set("dome bell cloche bell-jar bell_jar jar")
SHELVES: Final = word_set(
    "shelf shelves bookshelf bookcase cabinet rack fridge refrigerator cupboard drawer grid unit wardrobe tier"
)
PAIR_NOUNS: Final = word_set(
    "scissors sunglasses glasses goggles pants jeans shorts trousers binoculars headphones pliers tweezers tongs",
    "pajamas pyjamas leggings overalls earphones earbuds tights clothes handcuffs stairs shears spectacles panties",
    "corduroys shoes boots socks gloves skis sneakers sandals slippers mittens earrings stockings heels chopsticks",
    "scales eyeglasses",
)
ALWAYS_PLURAL: Final = word_set(
    "scissors pants jeans shorts trousers sunglasses binoculars headphones pliers tweezers tongs pajamas pyjamas",
    "leggings overalls earphones earbuds tights clothes goggles stairs shears corduroys",
)
MASS: Final = word_set(
    "water grass snow sand food fruit rice milk juice coffee tea hair furniture luggage broccoli soup popcorn sugar",
    "dew clothing money smoke steam fire ice wood metal hay straw mud dirt silverware jewelry equipment corn pasta",
    "spaghetti salad meat beef pork cereal alcohol wine beer baggage ivy moss lettuce spinach tape text graffiti",
    "dust fog mist drizzle rain pollen dough",
    "velvet silk satin denim linen corduroy tweed lace wool tulle",
    "butter honey jam flour chocolate oil cream yogurt bacon seaweed sushi garbage laundry trash paint",
)
# Of what things are made: "a boat from paper".
MATERIALS: Final = MASS | word_set(
    "plastic leather rubber glass stone stones brick bricks steel paper cardboard ceramic porcelain marble concrete",
    "clay cards straw bamboo wool planks logs leaves blocks lego",
)
# Of persons that are named one by one after it.
COLLECTIVES: Final = word_set("orchestra band family team crew gang choir group couple party quartet trio duo jury")
# What they name is listed after them: "all her things: …".
ANNOUNCING: Final = word_set(
    "thing stuff item object element piece animal creature beast pet critter character figure person people friend",
    "member guest visitor tool instrument utensil gadget device vehicle ingredient food snack dish drink fruit",
    "vegetable treat product article gift present souvenir treasure belonging essential supply accessory gear",
    "equipment furniture shape symbol building toy set kit weapon suspect passenger player sight landmark material",
)
# "a herd of cows": one thing to draw, unless a number follows.
GROUPS: Final = word_set(
    "group herd flock crowd bunch pile stack row line cluster school pack swarm team family set collection array",
    "assortment heap bouquet colony gaggle pride litter fleet string bundle mound audience batch hundreds thousands",
    "queue caravan convoy procession parade band choir crew orchestra gang squad",
)

LY_NOUNS: Final = word_set(
    "butterfly fly jelly lily family belly bully ally holly assembly dragonfly firefly housefly doily"
)
# After these, the thing after "with", "in" or "of" is a property of the first thing, not a second one.
DRESSED: Final = word_set(
    "made dressed covered filled decorated topped adorned coated painted loaded stuffed trimmed lined full shaped"
)
# "a plate topped with a slice of cake": how the second thing stands to the first if it can be counted.
FILLED: Final[dict[str, Literal["on", "inside"]]] = {
    "topped": "on", "loaded": "on", "filled": "inside", "stuffed": "inside", "full": "inside", "covered": "on",
    "set": "on", "laid": "on",
}  # fmt: skip
# Nouns of any kind that are no names, whatever their first letter.
COMMON: Final = (
    PLACES
    | SURFACES
    | LANDSCAPE
    | TIMES
    | STYLE_NOUNS
    | PICTURES
    | WRITING
    | ABSTRACT
    | PARTS
    | CLOTHES
    | MASS
    | GROUPS
    | AMOUNTS
    | frozenset(COUNT_NOUNS)
)
# Prepositions after which a noun is not something in the picture.
ASIDE: Final = word_set("for about like as during than per via because until since before after despite except")
# Adjectives that only say which one is meant.
CHOICES: Final = word_set(
    "same other first second third fourth fifth last left right upper lower top bottom middle far near own whole",
    "topmost",
    "remaining very latter former outer inner nearest farthest",
)
STEMS: Final = word_set(
    "high low bigg larg small tall short great near old young long wid bright dark thinn fatt heavi"
)


def is_choice(word: str) -> bool:
    """Tell whether an adjective only says which one is meant: "highest", "bigger", "same"."""
    low = word.lower()
    return low in CHOICES or (
        low.endswith(("est", "er")) and low.removesuffix("est").removesuffix("er") in ADJECTIVES | STEMS
    )

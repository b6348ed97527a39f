"""How large things are and how they stand: metres by kind of thing, for planners without coordinates.

A kind is a class of things that look alike as rectangles: `_KINDS` gives the width and height in metres at which they
are usually seen, how they stand, and the nouns of the class (`_` stands for a blank). A noun that is in no class
counts as something as large as a dog and about as wide as high. The numbers are for layouts, not for physics:
`sizes.py` damps them, so that a factor of two changes little.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from planner.lexicon import forms, words

# On the ground or on what is below it, in the air or on a wall, or in the sky above all else.
Stand = Literal["ground", "air", "sky"]
Worn = Literal["head", "eyes", "neck", "torso", "body", "legs", "feet"]


@dataclass(frozen=True)
class ThingKind:
    """The width and height in metres at which a thing is usually seen, and how it stands."""

    width: float
    height: float
    stand: Stand = "ground"

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def side(self) -> float:
        """The side in metres of a square as large."""
        return math.sqrt(self.width * self.height)


_PERSONS: Final = 2  # so many of the first rows are persons
_BEINGS: Final = 15  # so many of the first rows are persons and animals
UNKNOWN: Final = ThingKind(0.8, 0.7)

_KINDS: Final[tuple[tuple[float, float, Stand, str], ...]] = (
    # Persons and what has their shape
    (0.65, 1.7, "ground", "person man woman lady gentleman guy adult people human figure model bride groom wife "
     "husband mother mum mom father dad grandmother grandma grandfather grandpa aunt uncle sister brother twin friend "
     "worker coworker colleague teacher student doctor nurse chef cook waiter waitress baker farmer fisherman sailor "
     "pirate captain pilot astronaut soldier knight king queen prince princess wizard witch elf fairy ninja samurai "
     "warrior viking cowboy clown dancer ballerina singer musician guitarist violinist pianist drummer artist painter "
     "photographer policeman policewoman officer firefighter fireman businessman businesswoman scientist engineer "
     "general colonel admiral sergeant squire "
     "player runner athlete boxer swimmer surfer skier skater hiker climber tourist traveler monk nun priest angel "
     "ghost zombie vampire skeleton mannequin statue robot android droid mech alien hero superhero villain magician "
     "swordsman actor actress teenager mermaid shepherd hunter detective spy barista vendor seller cyclist rider "
     "barber butcher blacksmith carpenter gardener mechanic plumber tailor cobbler jeweler miner lumberjack "
     "librarian lawyer judge politician president astronomer chemist biologist journalist reporter steward "
     "stewardess conductor composer poet writer sculptor juggler acrobat jester gladiator archer paladin necromancer "
     "druid ranger rogue bard mage apprentice "
     "sorcerer sorceress warlock cleric barbarian cyborg mercenary assassin thief bandit outlaw sheriff bishop pope "
     "priestess goddess god deity demon devil centaur minotaur cyclops golem troll ogre orc werewolf mummy ghoul "
     "bro sis bestie buddy couple granny granddad nephew niece cousin neighbour neighbor customer patient passenger "
     "driver courier postman mailman deliveryman cashier clerk boss manager secretary receptionist referee goalkeeper "
     "footballer wrestler gymnast skateboarder snowboarder bicyclist jogger golfer fencer karateka cheerleader rapper "
     "dj bassist trumpeter saxophonist choirboy pedestrian spectator onlooker visitor guest host beggar merchant "
     "trader stranger inventor explorer adventurer villager peasant servant butler maid shepherdess superheroine "
     "heroine guard guardian sentinel survivor scout camper builder welder electrician surgeon dentist vet barmaid "
     "bartender sommelier fishmonger florist beekeeper snowwoman elder chief shaman emperor empress duke duchess "
     "baron elemental avatar character creature monster beast protagonist geisha sumo_wrestler pharaoh sphinx "
     "alchemist porter diver joker buddha gargoyle bystander owner violist cellist trombonist harpist"),
    (0.5, 1.15, "ground", "child boy girl kid toddler son daughter grandson granddaughter "
     "schoolboy schoolgirl dwarf gnome goblin snowman "
     "penguin emu kangaroo imp sprite gremlin hobbit leprechaun cherub cupid pupil schoolchild orphan scarecrow"),
    (0.5, 0.6, "ground", "baby infant doll puppet plush teddy teddy_bear toy"),
    # Animals, from the side
    (2.4, 4.8, "ground", "giraffe giant"),
    (3.4, 2.8, "ground", "elephant rhino rhinoceros hippo hippopotamus mammoth dinosaur dragon hippogriff wyvern hydra "
     "t-rex stegosaurus triceratops brontosaurus mastodon yak oxen okapi"),
    (2.0, 2.0, "ground", "camel llama alpaca unicorn pegasus griffin"),
    (2.2, 1.7, "ground", "horse pony donkey mule cow bull ox buffalo bison zebra deer stag moose elk reindeer mustang "
     "foal colt stallion mare antelope gazelle impala gnu wildebeest tapir ibex chamois"),
    (1.8, 1.4, "ground", "tiger lion lioness leopard panther cheetah bear gorilla"),
    (1.0, 0.8, "ground", "dog wolf sheep goat pig boar lamb hyena coyote greyhound labrador husky lynx dachshund "
     "terrier bulldog dalmatian retriever shepherd_dog beagle chihuahua hound jackal dingo wolverine capybara warthog "
     "hog piglet calf kid_goat ewe ram caracal ocelot bobcat puma jaguar cougar anteater armadillo red_panda panda "
     "orangutan baboon sheepdog foxhound fawn joey sealion"),
    (0.55, 0.5, "ground", "cat kitten puppy fox raccoon rabbit bunny hare badger beaver otter monkey koala lemur corgi "
     "poodle pug sloth skunk tortoise turtle ape chimpanzee cub marten weasel ferret mink possum opossum porcupine "
     "gibbon meerkat mongoose platypus echidna wombat"),
    (0.45, 0.5, "ground", "chicken hen rooster duck goose swan peacock turkey owl parrot eagle hawk falcon crow raven "
     "pigeon dove gull toucan heron stork flamingo pelican ibis crane ostrich vulture condor magpie jay woodpecker "
     "hummingbird kingfisher cockatoo cockatiel budgie canary finch swallow wren puffin albatross quail partridge "
     "pheasant cormorant gosling phoenix owlet eaglet bluebird blackbird songbird"),
    (0.25, 0.2, "ground", "mouse rat hamster squirrel hedgehog chipmunk mole frog toad crab lobster octopus fish "
     "goldfish sparrow robin chick duckling starfish jellyfish seahorse newt salamander gecko chameleon axolotl squid "
     "shrimp prawn clam oyster mussel scallop seashell piranha carp koi trout salmon tuna clownfish eel stingray "
     "shrew vole gerbil guinea_pig tadpole urchin nautilus"),
    (0.12, 0.09, "ground", "snail ladybug ladybird beetle ant spider caterpillar worm scorpion grasshopper cricket "
     "tick flea mosquito gnat aphid cockroach centipede millipede slug stag_beetle mantis locust cicada hornet "
     "bumblebee larva cocoon pupa"),
    (6.0, 2.2, "ground", "whale shark orca"),
    (2.2, 0.8, "ground", "dolphin crocodile alligator walrus snake lizard iguana"),
    # Vehicles, from the side
    (4.2, 1.6, "ground", "car taxi cab sedan convertible limousine jeep pickup ambulance van minivan automobile "
     "minibus hatchback coupe roadster racecar suv hearse hovercraft motorhome snowmobile rover lander forklift "
     "cement_mixer"),
    (7.0, 3.2, "ground", "bus autobus truck lorry tram trolley train locomotive tank caravan trailer carriage coach "
     "bulldozer tractor excavator firetruck fire_engine steamroller harvester combine snowplow carousel steam_engine "
     "engine wagon glider plough"),
    (1.9, 1.2, "ground", "bicycle bike motorcycle motorbike scooter moped tricycle cart wheelbarrow stroller pram "
     "sled sledge "
     "sleigh rickshaw chariot wheelchair unicycle go-kart kart segway buggy sidecar"),
    (0.9, 0.25, "ground", "skateboard surfboard snowboard"),
    (5.0, 3.5, "ground", "boat sailboat yacht canoe kayak rowboat gondola raft ferry ship submarine barge galleon "
     "frigate steamer tugboat dinghy catamaran junk ark warship lifeboat houseboat"),
    (1.4, 4.0, "ground", "rocket spaceship shuttle spacecraft"),
    # Furniture and machines
    (1.6, 0.8, "ground", "table desk counter workbench nightstand stand tray bureau vanity sideboard console_table "
     "worktop podium lectern pulpit pool_table sarcophagus coffin casket tomb"),
    (2.0, 1.0, "ground", "sofa couch bed bench loveseat piano bathtub tub crib futon mattress bunk hammock daybed "
     "chaise_longue pew sunbed lounger deckchair beanbag"),
    (0.8, 1.0, "ground", "chair armchair stool seat cradle ottoman pedestal swing guitar cello harp harpsichord drum "
     "sculpture telescope highchair bean_bag pouffe tripod drumkit accordion gramophone jukebox loudspeaker speaker "
     "amplifier synthesizer lute lyre banjo mandolin ukulele sitar tuba trombone horn bagpipe xylophone"),
    (1.2, 1.9, "ground", "wardrobe cabinet bookcase bookshelf cupboard closet dresser shelf fridge refrigerator rack "
     "door gate fireplace furnace booth pantry locker machine turnstile elevator escalator phonebooth telephone_booth "
     "vending_machine atm kitchenette sidebar shrine hearth mantelpiece birdhouse beehive hive kennel doghouse "
     "henhouse coop pigsty shower"),
    (0.7, 0.7, "ground", "oven stove dishwasher washer dryer microwave chest trunk crate barrel safe toilet sink bin "
     "suitcase anvil grill box cage television tv monitor aquarium campfire fire bonfire console terrarium printer "
     "scanner copier heater radiator boiler generator engine_block footlocker treasure_chest throne trashcan dumpster "
     "haystack hay_bale bale tire wheel propeller gear barbell dumbbell weight cannon catapult forge kiln loom "
     "spinning_wheel sewing_machine plinth trestle server hurdle potted_plant planter flowerpot fishbowl birdcage "
     "altar gravestone tombstone "
     "headstone cross crucifix idol kit anchor freezer cooler mixer computer projector gong bust grave boulder stump "
     "drawer hamper motor burner stretcher crater fossil"),
    (0.4, 1.6, "ground", "lamp easel pole candelabra fire_hydrant hydrant mailbox parking_meter floor_lamp coat_rack "
     "parasol_stand standing_lamp flagpole maypole bollard birdbath sundial"),
    (0.7, 3.2, "ground", "lamppost streetlamp streetlight post traffic_light light pillar column totem signpost mast"),
    # Buildings, plants and landscapes
    (8.0, 8.0, "ground", "house cottage cabin barn church temple castle palace building shop store cinema school "
     "hotel museum library farmhouse hut villa mansion pagoda greenhouse windmill mill mosque cathedral station "
     "workshop village architecture bakery pharmacy chapel manor fortress fort citadel ruin townhouse shack bungalow "
     "chalet lodge inn tavern pub saloon penthouse bookshop boutique smithy observatory planetarium pyramid ziggurat "
     "monastery synagogue colosseum amphitheater warehouse hospital cafeteria diner supermarket bathroom bedroom "
     "apartment theatre theater factory stadium arena watermill dungeon dome turret"),
    (4.0, 12.0, "ground", "tower lighthouse skyscraper obelisk chimney steeple minaret monument spire belfry "
     "smokestack silo periscope stupa statue_of_liberty ferris_wheel"),
    (5.0, 2.8, "ground", "tent gazebo shed garage kiosk stall treehouse igloo yurt stage pavilion fountain well bridge "
     "pier dock fence wall arch island marquee canopy carport trellis arbor pergola portal gateway cave den burrow "
     "lair shipwreck bandstand sandcastle merry-go-round seesaw slide trampoline staircase stairway ladder bunk_bed "
     "scaffold barricade platform sandbox teepee treadmill goalpost scaffolding"),
    (12.0, 7.0, "ground", "mountain hill volcano cliff iceberg peak dune glacier forest canyon waterfall city skyline "
     "town jungle"),
    (10.0, 3.0, "ground", "river lake pond sea ocean road street path field meadow lawn beach rug carpet pool stream "
     "runway track garden floor desert puddle"),
    (4.0, 6.0, "ground", "tree oak pine palm willow maple birch fir cypress sequoia spruce pear_tree cedar redwood elm "
     "ash beech poplar chestnut baobab bonsai cherry_tree apple_tree palm_tree sapling grove"),
    (0.8, 1.0, "ground", "bush shrub plant fern sunflower cactus bouquet bamboo hedge succulent aloe houseplant "
     "ivy_plant vine sprout seedling cornstalk wheat thistle dandelion toadstool patch"),
    (0.15, 0.4, "ground", "flower rose tulip daisy lily orchid poppy lavender candle bottle vase glass lantern jug "
     "pitcher thermos flask trophy hourglass torch pen pencil brush feather figurine carnation iris hydrangea peony "
     "chrysanthemum marigold violet_flower pansy magnolia camellia jasmine lotus blossom bud sprig clover candlestick "
     "carafe decanter vial beaker test_tube microscope metronome statuette chess_piece pawn rook perfume_bottle "
     "lipstick lighter flashlight chalice goblet grail urn daffodil quill stethoscope inkwell perfume antenna"),
    # Things to take into one hand or two
    (0.3, 0.3, "ground", "ball football basketball volleyball helmet basket pot bucket kettle teapot cake pumpkin "
     "watermelon melon pineapple backpack bag handbag purse rucksack gift present cauldron jar bowl skull shell crown "
     "toaster blender radio camera typewriter sack hat stone rock cushion pillow lunchbox nest soccer_ball beach_ball "
     "bowling_ball balloon_animal snow_globe crystal_ball drumstick sewing_kit scale scales parcel package pouch "
     "satchel briefcase wallet saucepan wok skillet casserole coffeepot sugar_bowl cabbage cauliflower broccoli "
     "lettuce_head turnip beet artichoke coconut papaya cantaloupe ham roast pretzel gingerbread_house globe "
     "compass_rose barometer fruit windchime horseshoe pan carton toolbox vise keg cask gourd headset turntable "
     "piggy_bank clipboard broomstick feeder colander canteen fan telephone hairdryer vacuum "
     "hose coil buoy rope chain treasure quiver menorah kettlebell eggplant squash corn lettuce"),
    (0.12, 0.11, "ground", "cup mug teacup apple orange lemon lime peach pear plum tomato potato onion egg strawberry "
     "cherry fig kiwi avocado mango grape cupcake muffin cookie donut doughnut burger cheeseburger hamburger baseball "
     "die dice cube sphere mushroom acorn coin gem diamond ring bead marble button whistle snowball bun croissant can "
     "watch compass bulb padlock bell medal ice_cream tennis_ball golf_ball macaron truffle praline chocolate_bar "
     "bonbon candy lollipop cracker biscuit scone waffle bagel dumpling gyoza nigiri onigiri meatball falafel nugget "
     "olive almond walnut hazelnut peanut cashew date raisin raspberry blueberry blackberry cranberry currant "
     "gooseberry apricot nectarine pomegranate tangerine mandarin grapefruit clementine radish chili pepper garlic "
     "shallot pea bean corncob cob potion amulet talisman badge brooch earring bracelet token chip domino marshmallow "
     "ice_cube pebble candy_cane thimble spool needle_case pin thumbtack paperclip eraser sharpener stamp seal sponge "
     "soap shaving_brush mousetrap lightbulb battery usb_stick snowdrop icicle pill capsule jelly_bean seed puck "
     "magnet ashtray ruby emerald pearl necklace yo-yo pinecone cog screw bolt nail nut valve faucet tap zipper "
     "compact protractor crystal cogwheel coaster stopwatch socket switch knocker doorbell keyhole clothespin leek "
     "croquette popsicle shuttlecock discus pushpin orb pendant tankard stein sieve cassette router plug honeycomb"),
    (0.35, 0.15, "ground", "book laptop banana bread loaf baguette sandwich cucumber carrot sausage sushi shoe "
     "sneaker boot slipper pizza plate dish platter saucer steak pie pancake taco newspaper magazine envelope letter "
     "phone remote hammer saw brick cigarette harmonica leaf bone towel glove key saxophone trumpet violin notebook "
     "notepad journal diary folder tablet smartphone ipad scroll parchment menu_card ticket passport brochure leaflet "
     "sheet_music sandal clog moccasin mitten omelette omelet burrito kebab quiche tart lasagna eclair fillet cutlet "
     "chop ribs salmon_fillet cheese wedge slice wrench spanner screwdriver pliers drill chisel crowbar trowel "
     "scissors stapler calculator joystick gamepad controller cleaver pistol gun rifle revolver shotgun blaster "
     "crossbow bow boomerang shield mask tambourine clarinet oboe fiddle sock microphone spade grater rollerskate "
     "skate musket slingshot dustpan snowshoe flipper hook cable "
     "postcard certificate bookmark puzzle palette twig plank bandage binder zucchini celery hotdog bacon hanger "
     "sling"),
    (0.3, 0.08, "ground", "pad mousepad mat doormat placemat napkin tablecloth cloth blanket quilt log computer_mouse "
     "keyboard board_game chessboard chess_board"),
    (0.08, 0.3, "ground", "spoon fork knife chopstick needle match spatula ladle bat sword katana dagger spear axe "
     "staff cane stick broom shovel oar arrow racket flute spyglass wand sceptre scepter lance pike halberd trident "
     "rapier saber sabre scimitar machete club mace crutch fishing_rod rod baton paddle rake hoe pitchfork scythe "
     "sickle mop ski ski_pole snowshovel ruler crayon marker paintbrush toothbrush comb hairbrush razor syringe "
     "thermometer pipe cigar icepick straw skewer rolling_pin whisk tongs corkscrew pestle sparkler"),
    # On walls and in the air
    (0.4, 0.55, "air", "balloon parasol umbrella chandelier wreath"),
    (1.2, 0.9, "air", "painting picture poster portrait mirror window photo photograph map frame blackboard "
     "whiteboard screen billboard flag banner sign board card logo panel curtain hexagon clock wall_clock mural "
     "fresco tapestry calendar dartboard target noticeboard chalkboard chart graph diagram tile input_field "
     "search_bar window_pane skylight shutter blind street_sign neon_sign traffic_sign license_plate nameplate "
     "triangle circle square rectangle oval pentagon octagon ellipse rhombus spiral heart_shape star_shape crest "
     "emblem minimap thumbnail widget toolbar navbar text_field slider checkbox cursor header footer list "
     "canvas net hoop web clothesline washing_line power_line railway_line fishing_line finish_line"),
    (0.3, 0.3, "air", "bird kite drone icon heart headphone seagull bat_wing paper_plane dreamcatcher windsock lampion "
     "piñata pinata mobile ornament bauble"),
    (0.14, 0.12, "air", "butterfly bee moth dragonfly fly wasp firefly snowflake droplet drop"),
    (1.6, 0.35, "air", "headline title text caption word lettering slogan bar menu ribbon bubble"),
    (0.9, 0.9, "sky", "star"),
    (2.5, 2.5, "sky", "sun moon planet comet meteor"),
    (5.0, 2.5, "sky", "cloud rainbow aurora airplane plane aeroplane jet helicopter airship zeppelin blimp ufo "
     "satellite firework lightning"),
    (3.0, 4.0, "sky", "hot_air_balloon parachute"),
)  # fmt: skip

_WORN: Final[tuple[tuple[Worn, str], ...]] = (
    ("head", "hat cap helmet crown beanie beret turban sombrero tiara fedora wig hood headband bonnet headphone wreath "
     "nightcap balaclava hijab headphones earphones earbuds veil halo bob ponytail haircut hairstyle mohawk afro "
     "dreadlock hair"),
    ("eyes", "glasses sunglasses spectacles goggles mask eyepatch monocle mustache moustache earring"),
    ("neck", "scarf tie necktie bowtie necklace collar medal pendant bandana torc beard"),
    ("torso", "shirt blouse sweater hoodie jacket vest cardigan t-shirt turtleneck jersey tunic windbreaker corset"),
    ("legs", "tutu skirt trousers trouser pants jeans shorts leggings kilt"),
    ("feet", "shoe boot sneaker sandal slipper skate sock heel ski"),
)  # fmt: skip

# How far down what is on a thing reaches into it, in parts of its height; others are stood on at their upper edge.
_SEATS: Final[tuple[tuple[float, str], ...]] = (
    (0.5, "sofa couch chair armchair bench throne seat loveseat swing horse pony donkey mule camel elephant bicycle "
     "bike motorcycle motorbike scooter moped tricycle sled sleigh boat ship canoe kayak rowboat raft gondola carriage "
     "cart field meadow lawn beach rug carpet road street path floor pond lake river sea ocean pool puddle water hill "
     "island tree bridge stage unicorn whale dragon "
     "pad mousepad mat doormat placemat napkin blanket quilt towel"),
    (0.3, "bed table desk counter plate tray dish platter pizza cake cushion pillow"),
)  # fmt: skip
_ROLES: Final[dict[str, str]] = {
    "open": "vase pot bucket basket bowl cup mug teacup glass pan cauldron boat canoe rowboat kayak "
    "gondola cart wheelbarrow nest sink crate backpack bag",
    "shelter": "table desk counter workbench bench bed chair armchair sofa couch piano bridge arch tree oak pine palm "
    "willow maple gazebo canopy awning pier tent",
    "flat": "sign board card book newspaper magazine picture photo poster map laptop",
    "clothes": "dress coat raincoat suit jacket shirt sweater hoodie robe gown kimono uniform apron cape cloak vest "
    "bikini tuxedo costume skirt overalls armor jumpsuit cardigan tunic windbreaker spacesuit jersey poncho swimsuit "
    "corduroys corduroy sari sarong toga sherwani lehenga pyjamas pajamas nightshirt nightgown nightdress kurta kaftan "
    "parka anorak overcoat trenchcoat smock leotard onesie bathrobe cassock dungarees blazer waistcoat pullover dirndl "
    "abaya petticoat wetsuit loincloth",
    "feature": "freckle dimple wrinkle scar knuckle earlobe septum forearm forehead fingernail tattoo stubble eyebrow "
    "eyelash braid pigtail plait birthmark henna piercing goatee complexion",
    "limb": "arm hand leg foot eye ear nose mouth tongue tooth fang tail wing paw claw tentacle pincer fin hoof antler "
    "mane finger thumb head face shoulder knee elbow",
    "raised": "umbrella parasol balloon kite flag banner torch",
}  # fmt: skip


# What a drink or a dish can be called by: "the cup" of a latte.
_ALSO_CALLED: Final = {
    "cup": words.word_set("latte coffee tea cappuccino espresso cocoa mocha americano macchiato"),
    "glass": words.word_set("beer wine cocktail lemonade juice martini mojito champagne whisky milkshake"),
    "drink": words.word_set("latte coffee tea cappuccino espresso beer wine cocktail lemonade juice"),
    "loaf": words.word_set("bread sourdough ciabatta brioche focaccia rye"),
}
_GENERAL: Final = frozenset("car boat tree bird dog flower building insect".split())  # noqa: SIM905
_PARTS: Final = {
    "bow stern prow mast helm rudder": ("boat",), "handlebar bonnet fender windshield": ("car", "bus", "bike"),
}  # fmt: skip
_SEXES: Final = {"girl": words.FEMALE, "woman": words.FEMALE, "boy": words.MALE, "man": words.MALE}


def kind_of(name: str) -> ThingKind:
    """Return the kind of a noun, singular and with its compound ("fire hydrant"), by its last words."""
    return known_kind_of(name) or UNKNOWN


def is_one_of(name: str, general: str) -> bool:
    """Tell whether a thing can be called by a more general noun: a taxi "the car", a daughter "the girl"."""
    sex = _SEXES.get(general)
    called = general in _GENERAL if sex is None else name in sex
    if name in _ALSO_CALLED.get(general, ()):
        return True
    return called and name != general and known_kind_of(name) == known_kind_of(general) is not None


def is_part_of(part: str, name: str) -> bool:
    """Tell whether a word names a part that such a thing has: the bow of a canoe."""
    wholes = next((wholes for parts, wholes in _PARTS.items() if part in parts.split()), ())
    return kind_of(name) in [kind_of(whole) for whole in wholes]


def is_compound(name: str) -> bool:
    """Tell whether two words are one known noun: "fire engine"."""
    return " " in name and name.lower() in _table()


def is_being(name: str) -> bool:
    """Tell whether a noun names a person or an animal."""
    return known_kind_of(name) in {ThingKind(width, height, stand) for width, height, stand, _ in _KINDS[:_BEINGS]}


def is_person(name: str) -> bool:
    """Tell whether a noun names a person, or what has a person's shape: a robot, a ghost, a snowman."""
    return known_kind_of(name) in {ThingKind(width, height, stand) for width, height, stand, _ in _KINDS[:_PERSONS]}


def worn_part(name: str) -> Worn | None:
    """Return the part of the body that a thing is for, None where it is no clothes, glasses, hair or shoe."""
    found = next((_worn()[end] for end in _ends(name) if end in _worn()), None)
    return found or ("body" if is_clothing(name) else None)


def seat_depth(name: str) -> float:
    """Return how far what is on a thing reaches down into it, in parts of the thing's height."""
    return next((_seats()[end] for end in _ends(name) if end in _seats()), 0.08)


def is_open(name: str) -> bool:
    """Tell whether what is in a thing sticks out at the top: flowers in a vase, but not a ship in a bottle."""
    return _has_role(name, "open")


def is_shelter(name: str) -> bool:
    """Tell whether what is under a thing stands between its legs or below its branches, within its height."""
    return _has_role(name, "shelter")


def is_flat(name: str) -> bool:
    """Tell whether a thing is held before the body: a sign, a book."""
    return _has_role(name, "flat")


def is_upright(name: str) -> bool:
    """Tell whether a thing shows a face that signs and pictures are on: a wall, a door, a tower, but not a tree."""
    return kind_of(name).height >= 1.9 and seat_depth(name) < 0.1


def is_clothing(name: str) -> bool:
    """Tell whether who is "in" a thing wears it: a coat, a dress."""
    return _has_role(name, "clothes")


def is_feature(name: str) -> bool:
    """Tell whether a noun names what only a body has, or clings to it: freckles, a scar, braids."""
    return _has_role(name, "feature")


def is_limb(name: str) -> bool:
    """Tell whether a noun names a part of a body that may also be seen alone: a hand, a wing."""
    return _has_role(name, "limb")


def is_raised(name: str) -> bool:
    """Tell whether a thing is held above the head: an umbrella, a flag."""
    return _has_role(name, "raised")


def _has_role(name: str, role: str) -> bool:
    return any(end in _roles()[role] for end in _ends(name))


def known_kind_of(name: str) -> ThingKind | None:
    """Return the kind of a noun or noun phrase by its last words; None where no kind has them."""
    return next((_table()[end] for end in _ends(name) if end in _table()), None)


def _ends(name: str) -> Iterator[str]:
    """Give a noun's last three words, last two, last one, in the singular as well."""
    words = name.lower().replace("-", " ").split()
    for count in (3, 2, 1):
        if len(words) >= count:
            yield " ".join(words[-count:])
            yield " ".join([*words[-count:-1], forms.singular(words[-1])])


@cache
def _table() -> dict[str, ThingKind]:
    rows = ((ThingKind(width, height, stand), nouns) for width, height, stand, nouns in _KINDS)
    return {noun.replace("_", " "): kind for kind, nouns in rows for noun in nouns.split()}


@cache
def _worn() -> dict[str, Worn]:
    return {noun: where for where, nouns in _WORN for noun in nouns.split()}


@cache
def _seats() -> dict[str, float]:
    return {noun: depth for depth, nouns in _SEATS for noun in nouns.split()}


@cache
def _roles() -> dict[str, frozenset[str]]:
    return {role: frozenset(nouns.split()) for role, nouns in _ROLES.items()}
